"""The options of `fit` as they were typed, and every mistake in them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.settings.meant import meant


@dataclass(frozen=True)
class Typed:
    """`given` holds the options by name; None: left out."""

    given: Mapping[str, str | None]
    mistakes: list[tuple[str, str]] = field(default_factory=list)

    def get(self, option: str) -> str | None:
        return self.given.get(option)

    def choice(self, option: str, allowed: tuple[str, ...]) -> str | None:
        text = self.given.get(option)
        if text is None or text in allowed:
            return text
        self.wrong(f"--{option} {text}", f"one of {', '.join(allowed)}")
        return None

    def whole(self, option: str, maximum: int, unit: str) -> int | None:
        text = self.given.get(option)
        if text is None:
            return None
        if re.fullmatch(r"\d{1,12}", text) and 1 <= int(text) <= maximum:
            return int(text)
        key = "maxModelLen" if unit == "tokens" else option  # of which 8k are 8,192, as in a stack file
        value = meant(key, text, {"type": "integer", "minimum": 1, "maximum": maximum})
        write = f"; write --{option} {value}" if value is not None and f"{value}" != text else ""
        self.wrong(f"--{option} {text}", f"a whole number of {unit}, 1 to {maximum:,}{write}")
        return None

    def number(self, option: str, maximum: float, unit: str) -> float | None:
        text = self.given.get(option)
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if 0 < number <= maximum:
            return number
        self.wrong(f"--{option} {text}", f"{unit}, over 0 and up to {maximum:,}")
        return None

    def wrong(self, what: str, why: str) -> None:
        """What was written, and what is wrong with it and what to write."""
        self.mistakes.append((what, why))
