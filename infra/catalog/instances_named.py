"""Instance types by what people write for one: `8xH200`, `L4`, a family such as `g6`, `ml.g5.xlarge`."""

import difflib
import re
from collections.abc import Sequence

from infra.catalog.gpu_names import counted, gpus_named
from infra.catalog.hardware import Instance
from infra.catalog.types import Catalog

_PROPOSED = 4  # instance types that a message proposes
_ALIKE = 0.6


def types_to_write(text: str, catalog: Catalog, region: str | None) -> str | None:
    """What to write for a text that is no instance type; None: it names no GPU and no family of types."""
    found = _named(text.strip().lower(), catalog, region)
    if found is None:
        return None
    number, types, what = found
    if not types:
        return f"no instance type has {what}: write existing: {{gpu: {what}, ...}} for nodes that you have"
    of_number = [each for each in types if each.gpus == number]
    proposed = of_number or _one_of_each_number(types)
    there = ", ".join(f"{each.name} ({each.gpus or 'a part of 1'} x {each.gpu})" for each in proposed[:_PROPOSED])
    elsewhere = region is not None and not catalog.zones_of(proposed[0].name, region)
    write = f"write {'one of ' if len(proposed) > 1 else ''}{there}" + (f"; no zone of {region} offers it" * elsewhere)
    return write if of_number or number is None else f"no instance type has {number} {what}: {write}"


def _named(text: str, catalog: Catalog, region: str | None) -> tuple[int | None, Sequence[Instance], str] | None:
    """The number of GPUs where it is written, the types that have them, the cheapest first, and the GPU's name."""
    usable = sorted(
        (each for each in catalog.instances.values() if each.left_out is None),
        key=lambda each: (each.usd_per_hour or 0.0, each.name),
    )
    here = [each for each in usable if region is None or catalog.zones_of(each.name, region)] or usable
    number, name = counted(text, catalog.gpus) or (None, text)
    if cards := gpus_named(name, catalog.gpus):
        names = [card.name for card in cards]
        having = ([each for each in types if each.gpu in names] for types in (here, usable))
        return number, next(filter(None, having), []), names[0]
    usable = here
    if same := [each for each in usable if each.name in re.split(r"[^a-z0-9.-]+|(?<=^ml)\.", text)]:
        return None, same, ""
    family, _, size = text.partition(".")
    known = {each.name.partition(".")[0] for each in usable}
    meant = [family] if family in known else difflib.get_close_matches(family, sorted(known), n=1, cutoff=_ALIKE)
    if not meant:
        return None
    of_family = [each for each in usable if each.name.partition(".")[0] in meant]
    sized = difflib.get_close_matches(size, [each.name.partition(".")[2] for each in of_family], n=1, cutoff=_ALIKE)
    return None, [each for each in of_family if each.name.partition(".")[2] in sized] or of_family, ""


def _one_of_each_number(types: Sequence[Instance]) -> list[Instance]:
    """The cheapest of each number of each kind of GPU."""
    first: dict[tuple[str, int], Instance] = {}
    for each in types:
        first.setdefault((each.gpu, each.gpus), each)
    return list(first.values())
