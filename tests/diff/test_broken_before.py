"""A rule that the change breaks is distinguished from one that the base breaks too."""

import pytest

from infra.diff.findings import broken_before
from infra.sides.types import Side

FIT, PEAK = ("Fit", "models.chat.maxModelLen"), ("Peak", "gpuPools.l4.max")
TOKENS, MORE_TOKENS = "chat: 1 x 40,960 tokens need 5.6 GiB", "chat: 1 x 65,536 tokens need 9 GiB"
WEIGHTS, ROLLOUT = "chat: the weights need 16 GiB", "chat: 2 replicas x 1 GPU + 1 for a rollout = 3"

Broken = tuple[tuple[str, str], str]  # rule and path, message


def found(broken: Broken) -> dict[str, str]:
    (rule, path), message = broken
    return {"rule": rule, "path": path, "message": message, "fix": ""}


# What the base breaks, what the change breaks, and which of these are of the base.
BROKEN: dict[str, tuple[list[Broken], list[Broken], list[bool]]] = {
    "nothing before": ([], [(FIT, TOKENS)], [False]),
    "the same": ([(FIT, TOKENS)], [(FIT, TOKENS)], [True]),
    "with other numbers": ([(FIT, TOKENS)], [(FIT, MORE_TOKENS)], [True]),
    "another at the same path": ([(FIT, TOKENS)], [(FIT, TOKENS), (FIT, "the cache is too small")], [True, False]),
    "another in its place": ([(FIT, "the cache is too small")], [(FIT, TOKENS)], [False]),
    "with the same first words": ([(FIT, TOKENS)], [(FIT, WEIGHTS), (FIT, MORE_TOKENS)], [False, True]),
    "one more of the same": ([(FIT, TOKENS)], [(FIT, TOKENS), (FIT, MORE_TOKENS)], [True, False]),
    "both": ([(FIT, WEIGHTS), (FIT, TOKENS)], [(FIT, MORE_TOKENS), (FIT, WEIGHTS)], [True, True]),
    "one more model in the sum": ([(PEAK, ROLLOUT)], [(PEAK, f"{ROLLOUT} + tools: 1 replica")], [True]),
    "another rule": ([(PEAK, TOKENS)], [(FIT, TOKENS)], [False]),
}


@pytest.mark.parametrize(("before", "after", "too"), BROKEN.values(), ids=BROKEN)
def test_each_broken_rule_is_compared_by_itself(before: list[Broken], after: list[Broken], too: list[bool]) -> None:
    old = Side({"violations": [found(each) for each in before]})
    assert broken_before(old, [found(each) for each in after]) == too
