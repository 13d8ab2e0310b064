"""How a check ends that didn't see its promise kept."""


class Broken(Exception):
    """A promise that doesn't hold."""


class NotChecked(Exception):
    """Why nobody can say."""
