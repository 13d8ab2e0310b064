"""A service that is in no file of the program, and what every service is held to."""
