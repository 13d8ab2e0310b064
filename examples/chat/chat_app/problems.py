"""What failed in an answer, explained for the user, and when to ask again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from httpx2 import ConnectTimeout
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

_KEY = (
    "The model’s endpoint refused this service’s key ({status}). Asking again won’t help: whoever runs this page has "
    "to give it the platform’s current key."
)
_MODEL = (
    "This service’s key may not use this model ({status}). Asking again won’t help: whoever runs this page has to name "
    "a model that the key may use."
)
_ASLEEP = "It may be starting up, which takes some minutes."
_FAILED = ("failed", "The model’s endpoint failed ({status}).")
_BY_STATUS = {  # kind and message
    400: (
        "failed",
        "The endpoint refused the request ({status}). Is the conversation too long? Start a new one.",
    ),
    401: ("key", _KEY),
    403: ("key", _MODEL),
    404: ("failed", "The endpoint has no such model ({status}). Whoever runs this page has to name one that it has."),
    413: ("failed", "The conversation is too long for the endpoint ({status}). Start a new one."),
    429: ("busy", "The model has too much to do right now ({status})."),
    503: ("asleep", f"The model isn’t running yet ({{status}}). {_ASLEEP}"),
    504: ("timeout", "The model took too long to answer ({status})."),
}
_BY_CODE = {  # of the platform's errors, where the status doesn't say it all
    "model_paused": ("failed", "The model is paused ({status}). It answers again when the platform team starts it."),
}


@dataclass(frozen=True)
class Problem:
    """`kind`: key, timeout, asleep, busy, cut or failed. `retry_after_seconds`: None if the endpoint sent none."""

    kind: str
    message: str
    retry_after_seconds: int | None = None


def problem_of(error: APIError, *, begun: bool, timeout_seconds: float) -> Problem:
    """`begun`: some words had arrived. `timeout_seconds`: how long the client waits for the next word."""
    if isinstance(error, APIStatusError):
        return _refused(error)
    if isinstance(error, APITimeoutError) and not isinstance(error.__cause__, ConnectTimeout):
        if begun:
            return Problem(
                "timeout", f"The model fell silent in the middle of its answer, for {timeout_seconds:g} seconds."
            )
        return Problem("timeout", f"The model gave no answer within {timeout_seconds:g} seconds.")
    if not isinstance(error, APIConnectionError):
        return Problem("failed", "The model reported an error instead of a whole answer.")
    if begun:
        return Problem("cut", "The answer was cut off in the middle: the connection to the model broke.")
    # A Service without a pod refuses connections, and a NetworkPolicy drops them without an answer.
    return Problem("asleep", f"The model can’t be reached. {_ASLEEP}")


def problem_of_no_end(*, begun: bool) -> Problem:
    """A stream that was closed normally but without its last word: a proxy may close an unfinished stream this way."""
    if begun:
        return Problem("cut", "The answer was cut off in the middle.")
    return Problem("failed", "The endpoint sent no answer.")


def _refused(error: APIStatusError) -> Problem:
    kind, message = _BY_CODE.get(error.code or "", _BY_STATUS.get(error.status_code, _FAILED))
    retry_after = retry_after_seconds(error.response.headers.get("retry-after"), now=datetime.now(UTC))
    return Problem(kind, message.format(status=f"HTTP\u00a0{error.status_code}"), retry_after)


def retry_after_seconds(header: str | None, *, now: datetime) -> int | None:
    """A Retry-After header: a number of seconds or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return int(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0, round((date - now).total_seconds()))
