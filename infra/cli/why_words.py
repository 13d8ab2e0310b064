"""What a plan says with a word that is no name of the stack file: of a quota, a type of an advice, a version."""

import re
from collections.abc import Iterator

from infra.cli.report.reasons import reasons_of
from infra.plan.plan import Plan

_NAME = re.compile(r"[^a-z \n]")  # what a plain word doesn't have: a mark, a digit or a capital


def says(text: str, word: str) -> bool:
    """Whether it is a whole word of the text. Plain words are in many texts, and name nothing."""
    return _NAME.search(word) is not None and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def reasons_with(plan: Plan, word: str) -> Iterator[tuple[str, str]]:
    """The reasons of models and pools, with whose they are."""
    of_models = ((model.path, reasons_of(plan, name)) for name, model in plan.models.items())
    of_pools = ((f"gpuPools.{name}", pool.reasons) for name, pool in plan.pools.items())
    for path, reasons in (*of_models, *of_pools):
        yield from ((path, each) for each in reasons if says(each, word))
