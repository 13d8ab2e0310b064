"""The parts of the platform: one component per file. A component gets all values as arguments and decides nothing."""
