"""Numbers of a stack file whose dot may stand before thousands: `usdPerMonth: 9.000` is 9 in YAML."""

import copy
from collections.abc import Mapping
from typing import Any

from infra.settings.amounts import counted_in_thousands
from infra.settings.mistakes import Key, Report
from infra.settings.schema import flow, forms, schema_at
from infra.settings.takes import takes


def with_thousands(platform: Any, dotted: Mapping[Key, str], report: Report) -> Any:
    """The platform with such numbers as they are probably meant. Each that has another reading is reported."""
    result = copy.deepcopy(platform)
    for key, text in dotted.items():
        section, node = _at(result, key[:-1]), schema_at(key)
        read = _at(section, key[-1:])
        if node is None or read is None:
            continue
        leaf = key[-1]
        meant = counted_in_thousands(str(leaf), text, node)
        if meant is not None:
            named = "" if isinstance(leaf, int) else f"{leaf}: "
            otherwise = f", or {flow(read)} if that was meant" if takes(node, read) else ""
            got = f"{text}: in YAML a dot begins decimals, not thousands"
            report.always(key, got, f"write {named}{flow(meant)}{otherwise}")
            section[leaf] = meant
        elif any("properties" in form for form in forms(node)):
            section[leaf] = text  # of a section that is written as one number
    return result


def _at(data: Any, key: Key) -> Any:
    """None: nothing is there."""
    for part in key:
        if isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data
