"""What runs of a stack, and why what does not run doesn't: plain data in, findings out; `read.py` asks a cluster."""
