"""When a request is tried again."""

from collections.abc import Sequence

# Nothing of it was sent, so whatever the server does with a request, it does it once.
NOT_SENT = ("connect-failure", "refused-stream", "reset-before-request")
# The server says that it did nothing: it begins, or it ends.
BUSY = ("retriable-status-codes",)
# It was sent, and no byte of an answer came. An engine keeps nothing of a request, so the prompt is at worst computed
# twice.
NO_ANSWER = ("reset",)


def retry_on(*conditions: Sequence[str]) -> str:
    return ",".join(each for some in conditions for each in some)
