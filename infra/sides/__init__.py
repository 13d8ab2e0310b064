"""Two sides of a change, as every room reads them: plain data, and what differs between two values."""
