"""Ends an attempt that no longer writes, so that the next one begins before the deadline of them all."""

from collections.abc import Sequence

# What counts is that a file changed, not how large it is: a download can take the whole size at once, and some file
# systems tell block counts late. A file made at the start stands for a directory that isn't there yet. `sh` reaps the
# fetching process while it sleeps, so that `kill -0` fails once that has ended.
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
    """The command under a watch: 75 (EX_TEMPFAIL) once nothing in `directory` changed for that long, or its own."""
    return ["/bin/sh", "-c", _WATCH, "prefetch", directory, str(seconds), *command]
