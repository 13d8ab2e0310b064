"""`models.NAME.schedule`: windows of the week in which more replicas run."""

from typing import Annotated

from pydantic import Field

from infra.settings.types import Section, pattern

_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
Days = Annotated[
    str,
    pattern(
        rf"^(daily|{_DAY}(-{_DAY})?(, ?{_DAY}(-{_DAY})?)*)$",
        "mon-fri",
        "word for days: daily, mon-fri or mon,wed,sat-sun",
    ),
]
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"
From = Annotated[str, pattern(rf"^{_HOUR}$", "08:00", "time of day, quoted")]
To = Annotated[str, pattern(rf"^({_HOUR}|24:00)$", "19:00", "time of day up to 24:00, quoted")]
Timezone = Annotated[str, pattern(r"^[A-Za-z][\w+/-]*$", "Europe/Amsterdam", "IANA time zone", max_length=64)]


class Window(Section):
    """Hours of some days, each week."""

    days: Days = Field(description="the days on which it begins: daily, a range such as mon-fri, or a list mon,wed,sat")
    from_: From = Field(alias="from", description="its replicas answer from this time on; they are started before")
    to: To = Field(description="when it ends: on the next day where this is not later than `from`")
    timezone: Timezone = Field(description="whose clock is meant, with its daylight saving time")
    min: int = Field(
        ge=1, le=1000, description="minimum of replicas in the window; outside it is replicas.min", examples=[1]
    )
