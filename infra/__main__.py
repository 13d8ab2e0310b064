"""`llm-platform`, and its long form `python -m infra`."""

import atexit
import gc
import sys

from infra.catalog import BadCatalog
from infra.cli import main


def run() -> None:
    # A short run frees almost no memory, but garbage collection took a third of its time, most of that at exit.
    gc.disable()
    atexit.register(gc.freeze)
    try:
        main(prog_name=main.name)
    except BadCatalog as bad:
        print("\n  ".join((f"infra/catalog/data: {len(bad.mistakes)} wrong", *bad.mistakes)), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
