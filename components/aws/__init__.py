"""Components of AWS: the parts of a platform that exist only in this cloud."""
