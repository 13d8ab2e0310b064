"""What AWS tells of a change: which of its types hold data, what a property replaces, who may reach and do what."""
