"""`python -m infra`."""

import atexit
import gc

from infra.cli import main

# A short run frees next to nothing, and collecting took a third of its time, most of that at exit.
gc.disable()
atexit.register(gc.freeze)
main()
