"""What a diff has to know of AWS: which types hold data, which properties replace a resource, who may reach and do
what."""
