"""What a plan is: plain data that can do nothing but add up its numbers."""
