"""What a plan is: plain data, no behavior beyond sums."""
