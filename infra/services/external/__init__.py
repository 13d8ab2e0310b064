"""Models that somebody else hosts. Without them nothing leaves the network."""
