"""What a diff has to know about AWS: which types store data, which properties replace a resource, and who may reach
what and do what."""
