"""The command line.

Exit codes: 0 done; 1 understood, but a rule is broken; 2 wrong from the file and the catalogue alone.
"""

from infra.cli.app import main

__all__ = ["main"]
