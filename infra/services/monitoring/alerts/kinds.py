"""The names of all alerts, and when each fires."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """The name of an alert, and of its page in docs/runbooks."""

    NEXT_VERSION_FAILS = "LlmNextVersionFails"
    NEXT_VERSION_SLOWER = "LlmNextVersionSlower"
    SCALER_HEARS_NOTHING = "LlmScalerHearsNothing"


WHEN: Mapping[Kind, str] = {
    Kind.NEXT_VERSION_FAILS: "a next version answers with 5xx more often than the present one, by 2 points",
    Kind.NEXT_VERSION_SLOWER: "the first byte of a next version comes half as late again",
    Kind.SCALER_HEARS_NOTHING: "a query of a scaler has no answer for longer than a start takes",
}
