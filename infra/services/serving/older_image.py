"""`image`: one whose tag says an older version of the engine than the one whose facts a plan uses."""

import re
from collections.abc import Iterator, Sequence

from infra.catalog.types import Catalog, Image
from infra.engines import ENGINES
from infra.engines.engine import Lacks
from infra.engines.tags import MAY_LACK, shown, version_of_tag
from infra.plan.findings import warned
from infra.plan.models import ModelPlan
from infra.plan.notes import Advice, Finding, Violation
from infra.plan.rules import Rule
from infra.plan.words import count
from infra.plan.writes import written
from infra.services.serving.served import Served
from infra.sizing.question import version_in

_SHOWN = 3  # arguments that a message names
_PLAIN = re.compile(r"v\d+\.\d+\.\d+")  # a tag that each version has; one with more words may be of some alone


def check_image(served: Served, plan: ModelPlan, catalog: Catalog) -> Iterator[Finding]:
    """What it certainly lacks keeps its servers from starting."""
    pinned, engine, path = catalog.engines[plan.engine], ENGINES[plan.engine], f"{served.path}.image"
    version = version_of_tag(plan.image, pinned) if plan.own_image else None
    if version is None or version >= (version_in(pinned.version) or version):
        return
    lacking = list(engine.lacks(version, served.question.shape, plan))
    certain = [each for each in lacking if not each.otherwise]
    said = f"{plan.image} is {engine.title} {shown(version)}"
    if certain:
        message = f"{served.name}: {said}, and its servers would end when they start: it has no {_named(certain)}"
        newer = shown(max(each.first for each in certain))
        yield Violation(Rule.VERSION, path, message, *_fix(plan, pinned, path, newer))
        return
    perhaps = "".join(
        f"; it serves {each.what} by Transformers' code, if at all, and by its own only from {shown(each.first)} on"
        for each in lacking
    )
    yield warned(
        path,
        f"{said}, and the plan's facts are of {pinned.version}: {shown(version)} {MAY_LACK}; arguments are checked"
        f" against {pinned.version} only{perhaps}",
    )


def _named(lacking: Sequence[Lacks]) -> str:
    """Each with the first version that has it; of many arguments those that came last."""
    classes = [f"{each.what} ({shown(each.first)} is the first that has it)" for each in lacking if not each.argument]
    flags = [f"{each.what} ({shown(each.first)})" for each in lacking if each.argument]
    more = [count(len(flags) - _SHOWN, "more argument")] if len(flags) > _SHOWN + 1 else []
    *first, last = [*classes, *(flags[:_SHOWN] if more else flags), *more]
    return f"{', '.join(first)} and {last}" if first else last


def _fix(plan: ModelPlan, pinned: Image, path: str, newer: str) -> tuple[str, tuple[Advice, ...]]:
    """Of the engine's own image another version, or the pinned one. What others build is theirs to name."""
    title, (name, tag) = ENGINES[plan.engine].title, plan.image.rpartition(":")[::2]
    if name.rpartition("/")[2] != pinned.image.rpartition("/")[2].partition(":")[0]:
        own = "; where the number is your own, write the image's digest for its tag"
        return f"write the tag of {title} {newer} or newer{own}", ()
    without, other = ((path, None),), ((path, f"{name}:v{newer}"),)
    advice = [Advice(without, f"{written(without)} ({title} {pinned.version} then runs)")]
    if _PLAIN.fullmatch(tag):
        advice.append(Advice(other, f"{written(other)} or newer"))
    return ", or ".join(each.text for each in advice), tuple(advice)
