"""Ends an attempt that no longer writes, so that the next attempt starts before the deadline of the Job."""

from collections.abc import Sequence

# The check is whether a file has changed, not how large it is: a download can reserve the whole size at once, and some
# file systems report block counts late. A file created at the start replaces a directory that doesn't exist yet. `sh`
# reaps the fetching process while it sleeps, so that `kill -0` fails once that process has ended. Downloaders retry the
# files, and not the list of files that they ask for first: a hub that is down for a minute ended the Job.
_WATCH = """\
directory=$1 seconds=$2 pause=$3
shift 3
errors=$(mktemp)
once() {
  started=$(mktemp)
  "$@" 2>"$errors" &
  fetching=$!
  while sleep 2; kill -0 "$fetching" 2>/dev/null; do
    if [ -z "$(find "$directory" "$started" -newermt "-$seconds seconds" -print -quit 2>/dev/null)" ]; then
      kill "$fetching"
      echo "Stalled: nothing was written to $directory for $seconds s. This attempt ends; the next one goes on." >&2
      exit 75
    fi
  done
  wait "$fetching"
}
trap 'kill "$fetching"; exit 143' TERM
left=5
until once "$@"; do
  code=$?
  left=$((left - 1))
  cat "$errors" >&2
  if [ "$left" -eq 0 ] || ! grep -Eqi "$AWAY" "$errors"; then exit "$code"; fi
  echo "The hub is away: asked again in $pause s." >&2
  sleep "$pause"
  pause=$((pause * 2))
done
"""
# What clients of HTTP say of a server that is down for a while; an answer of 401, 403 or 404 is final.
_AWAY = (
    "50[0234] (server error|internal|bad gateway|service|gateway)|name resolution|nameresolution|name or service"
    "|connection (refused|reset|aborted)|connecttimeout|timed out"
)
_FIRST_PAUSE = 10  # seconds; doubled each time, so four pauses are two and a half minutes


def watched(command: Sequence[str], *, directory: str, seconds: int) -> list[str]:
    """The command with a watch. Exits with 75 (EX_TEMPFAIL) if nothing in `directory` changed for that time, otherwise
    with the command's code; a command that failed because the other side is away runs again, five times at most."""
    script = _WATCH.replace("$AWAY", _AWAY)
    return ["/bin/sh", "-c", script, "prefetch", directory, str(seconds), str(_FIRST_PAUSE), *command]
