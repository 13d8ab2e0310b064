"""What is said of zones that are written otherwise than they are meant: by names, in one text, or of another region."""

import re
from typing import Any

from infra.catalog import Catalog
from infra.settings.meant import meant
from infra.settings.mistakes import Key, shown
from infra.settings.schema import Schema, allowed, example, schema_at, to_write

_ZONE_NAME = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")
_ZONE_ID = re.compile(r"[a-z]{3,4}\d-az\d")
_ZONES: Key = ("cluster", "create", "zones")
_THEIR_ZONES: Key = ("cluster", "existing", "zones")
_FEW_ZONES = 3


def of_zones(key: Key) -> bool:
    return key[:3] in (_ZONES, _THEIR_ZONES)


def zone_message(key: Key, value: Any, node: Schema, region: str | None, catalog: Catalog) -> tuple[str, str]:
    """The proposed zones are those of the region that the value or the stack file names, and as many as were typed."""
    got, leaf, typed = f"got {shown(value)}", str(key[-1]), _zones_in(value)
    names = [each for each in typed if _ZONE_NAME.fullmatch(each)]
    ids = catalog.regions.get(names[0][:-1] if names else region or "", ())
    if names and leaf.isdecimal():
        write = f"write the id of that zone, one of {', '.join(ids)}" if ids else f"write an id such as {example(node)}"
        return f"{got}; that is a name, which differs between accounts", write
    some = list(ids[: max(len(typed), 2) if typed else _FEW_ZONES]) or [example(schema_at((*_ZONES, 0)) or {})]
    if names:
        return f"{got}; names differ between accounts; allowed: {allowed(node)}", to_write(leaf, some)
    probably = meant(leaf, value, node) or (some[int(leaf) % len(some)] if leaf.isdecimal() else some)
    return f"{got}; allowed: {allowed(node)}", to_write(leaf, probably)


def _zones_in(value: Any) -> list[str]:
    """The zones of a text that names them one after the other."""
    words = re.split(r"[,\s]+", value.strip("[] ")) if isinstance(value, str) else []
    return words if all(_ZONE_NAME.fullmatch(each) or _ZONE_ID.fullmatch(each) for each in words) else []
