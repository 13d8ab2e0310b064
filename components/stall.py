"""Ends an attempt that no longer writes, so that the next attempt starts before the deadline of the Job."""

from collections.abc import Sequence

# The check is whether a file has changed, not how large it is: a download can reserve the whole size at once, and some
# file systems report block counts late. A file created at the start replaces a directory that doesn't exist yet. `sh`
# reaps the fetching process while it sleeps, so that `kill -0` fails once that process has ended.
_WATCH = """\
directory=$1 seconds=$2
shift 2
started=$(mktemp)
"$@" &
fetching=$!
trap 'kill "$fetching"; exit 143' TERM
while sleep 2; kill -0 "$fetching" 2>/dev/null; do
  if [ -z "$(find "$directory" "$started" -newermt "-$seconds seconds" -print -quit 2>/dev/null)" ]; then
    kill "$fetching"
    echo "Stalled: nothing was written to $directory for $seconds s. This attempt ends; the next one goes on." >&2
    exit 75
  fi
done
wait "$fetching"
"""


def watched(command: Sequence[str], *, directory: str, seconds: int) -> list[str]:
    """The command with a watch. Exits with 75 (EX_TEMPFAIL) if nothing in `directory` changed for that time, otherwise
    with the command's code."""
    return ["/bin/sh", "-c", _WATCH, "prefetch", directory, str(seconds), *command]
