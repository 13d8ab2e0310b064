"""Components of AWS: every part of a platform that only this cloud has."""
