"""What users of a model notice of its next version: as it comes, is changed and goes."""

import pytest

from infra.cli.diff.verdict import headline, mark
from infra.diff.afterwards import refuses_more
from infra.diff.difference import compare
from infra.diff.events import AWAY, NEW, NOTHING, ROLLOUT
from infra.diff.versions import how
from tests.diff.sides import Edit, side


def _with(weight: int, coming: str = "maxModelLen: 4096", own: int = 8192, also: str = "") -> Edit:
    strategy = "canary" if 0 < weight < 100 else "blueGreen"
    more = f"rollout: {{strategy: {strategy}, weight: {weight}{also}}}, next: {{{coming}}}"
    return "maxModelLen: 8192", f"maxModelLen: {own}, {more}"


ALONE: tuple[Edit, ...] = ()
CLIENT, EMPTY = ", clients: [default]", ", trials: false"
CASES: dict[str, tuple[tuple[Edit, ...], tuple[Edit, ...], str, str, str]] = {
    "it comes": (ALONE, (_with(10),), "qwen3-8b-next", NEW, "which answers all requests until it is ready"),
    "its model stays": (ALONE, (_with(10),), "qwen3-8b", NOTHING, "nothing"),
    "more requests": ((_with(10),), (_with(30),), "qwen3-8b", NOTHING, "30 % of the requests, was 10 %"),
    "a change of what answers": ((_with(10),), (_with(10, own=8000),), "qwen3-8b", AWAY, "for 90 % of the requests"),
    "a change of what has no requests": (
        (_with(100),),
        (_with(100, own=8000),),
        "qwen3-8b",
        ROLLOUT,
        "the other version answers them meanwhile",
    ),
    "a change of a trial": (
        (_with(0),),
        (_with(0, "maxModelLen: 2048"),),
        "qwen3-8b-next",
        ROLLOUT,
        "without requests",
    ),
    "a change of what a client has": (
        (_with(0, also=CLIENT),),
        (_with(0, "maxModelLen: 2048", also=CLIENT),),
        "qwen3-8b-next",
        AWAY,
        "for all requests of default",
    ),
    "a change of what a share and a client have": (
        (_with(10, also=CLIENT),),
        (_with(10, "maxModelLen: 2048", also=CLIENT),),
        "qwen3-8b-next",
        AWAY,
        "for 10 % of the requests and all requests of default",
    ),
    "a change of what a client doesn't have": (
        (_with(10, also=CLIENT),),
        (_with(10, own=8000, also=CLIENT),),
        "qwen3-8b",
        AWAY,
        "for 90 % of the requests but those of default",
    ),
    "a change of what had a share until now": (
        (_with(10),),
        (_with(0, "maxModelLen: 2048"),),
        "qwen3-8b-next",
        AWAY,
        "for 10 % of the requests",
    ),
    "a change of what has all until the other is there": (
        ALONE,
        (_with(100, own=8000),),
        "qwen3-8b",
        AWAY,
        "down for",
    ),
    "a trial ends": (
        (_with(0),),
        (_with(0, also=EMPTY),),
        "qwen3-8b",
        NOTHING,
        "requests with x-llm-version: next are answered like any other",
    ),
    "it comes with a share": (ALONE, (_with(10),), "qwen3-8b-next", NEW, "503 and Retry-After: 1"),
    "it goes empty": ((_with(0, also=EMPTY),), ALONE, "qwen3-8b-next", NOTHING, "ends, without requests"),
    "it goes with a trial": ((_with(0),), ALONE, "qwen3-8b-next", NOTHING, "answers those with x-llm-version: next"),
    "it goes with clients": (
        (_with(0, also=CLIENT + EMPTY),),
        ALONE,
        "qwen3-8b-next",
        NOTHING,
        "answers all requests of default, so run",
    ),
    "it goes with requests": ((_with(10),), ALONE, "qwen3-8b-next", NOTHING, "`llm-platform rollback` or `promote`"),
}


_PAUSED: Edit = ("model: Qwen/Qwen3-8B,", "model: Qwen/Qwen3-8B, paused: true,")
PAUSED: dict[str, tuple[tuple[Edit, ...], tuple[Edit, ...], str, str]] = {
    "it comes": ((_PAUSED,), (_PAUSED, _with(10)), "qwen3-8b-next", "no pod runs: qwen3-8b is paused"),
    "it would get": ((_PAUSED,), (_PAUSED, _with(10)), "qwen3-8b-next", "none, as qwen3-8b is paused"),
    "it goes": ((_PAUSED, _with(10)), (_PAUSED,), "qwen3-8b-next", "ends, without requests qwen3-8b is paused"),
    "it is paused": ((_with(10),), (_PAUSED, _with(10)), "qwen3-8b", "none, as qwen3-8b is paused, was 10 %"),
    "it is unpaused": ((_PAUSED, _with(10)), (_with(10),), "qwen3-8b", "10 % of the requests, was none"),
    "its share is another": ((_PAUSED, _with(10)), (_PAUSED, _with(30)), "qwen3-8b", "nothing: it is paused"),
}


@pytest.mark.parametrize("case", PAUSED)
def test_a_paused_models_next_version_gets_no_request(case: str) -> None:
    before, after, model, said = PAUSED[case]
    old, new = side("open", *before), side("open", *after)
    texts = {each.model: " ".join((each.during, *each.afterwards)) for each in compare("open", old, new).notices}
    assert said in texts[model]
    if _PAUSED in after:
        assert not [text for text in texts.values() if "% of the requests" in text or "answers all requests" in text]
        assert list(how(old, new, "open")) == []


@pytest.mark.parametrize("case", CASES)
def test_what_users_notice(case: str) -> None:
    before, after, model, event, said = CASES[case]
    difference = compare("open", side("open", *before), side("open", *after))
    notice = next(each for each in difference.notices if each.model == model)
    assert notice.event == event
    assert said in " ".join((notice.during, *notice.afterwards))


def test_the_way_on_is_said_once() -> None:
    """Where it comes or its share changes, and not at each later change."""
    new, later = (list(how(side("open", *was), side("open", *now), "open")) for was, now in _SHARES)
    assert len(new) == 1
    assert "`llm-platform promote open qwen3-8b`" in new[0]
    assert later == []


TAKEN = "replicas: 1"  # what a promotion leaves of next
WAYS: dict[str, tuple[Edit, Edit, tuple[str, ...], tuple[str, ...]]] = {
    "a trial": (_with(10), _with(0), ("raise `models.qwen3-8b.rollout.weight`", "promote", "rollback"), ()),
    "all requests": (_with(10), _with(100), ("promote", "rollback"), ("raise",)),
    "the model has its settings": (_with(100), _with(100, TAKEN, own=4096), ("promote",), ("raise", "rollback")),
    "requests are back": (
        _with(100, TAKEN, own=4096),
        _with(0, TAKEN, own=4096, also=EMPTY),
        ("promote",),
        ("raise", "rollback"),
    ),
    "a rollback is under way": (_with(100), _with(0, also=EMPTY), ("rollback",), ("raise", "promote")),
}


@pytest.mark.parametrize("case", WAYS)
def test_the_way_on_is_one_that_is_allowed(case: str) -> None:
    before, after, said, unsaid = WAYS[case]
    (found,) = how(side("open", before), side("open", after), "open")
    assert [each for each in said if each not in found] == []
    assert [each for each in unsaid if each in found] == []


def test_who_wakes_the_server_that_gets_the_requests_waits() -> None:
    asleep = "replicas: {min: 0, max: 2}"
    for before, after, server in (
        (_with(0, asleep), _with(100, asleep), "qwen3-8b-next"),
        (_with(100, f"{asleep}"), _with(0, asleep), None),  # the model's own is always there
    ):
        found = compare("open", side("open", before), side("open", after))
        said = " ".join(text for each in found.notices for text in each.afterwards)
        assert (f"{server} may sleep: who comes first waits about" in said) is (server is not None)


_SCALES = "maxModelLen: 4096, replicas: {min: 1, max: 4}"


def test_all_requests_at_once_may_find_too_few_replicas() -> None:
    for before, after, said in (
        (_with(10, _SCALES), _with(100, _SCALES), True),
        (_with(10, _SCALES), _with(30, _SCALES), False),
        (_with(10, "maxModelLen: 4096, replicas: 4"), _with(100, "maxModelLen: 4096, replicas: 4"), False),
        (_with(100, _SCALES), _with(0, _SCALES), False),  # the model's own scales by the requests of both meanwhile
    ):
        found = compare("open", side("open", before), side("open", after))
        text = " ".join(each for notice in found.notices for each in notice.afterwards)
        assert ("qwen3-8b-next may have only 1 replica when all requests come, and starts more" in text) is said
        assert ("`llm-platform promote` starts them first" in text) is said


@pytest.mark.parametrize(("weight", "said"), [(90, True), (10, False)])
def test_a_small_server_that_gets_all_requests_back_may_have_too_few_replicas(weight: int, said: bool) -> None:
    scales: Edit = ("model: Qwen/Qwen3-8B,", "model: Qwen/Qwen3-8B, replicas: {min: 1, max: 4},")
    found = compare("open", side("open", scales, _with(weight)), side("open", scales, _with(0)))
    text = " ".join(each for notice in found.notices for each in notice.afterwards)
    assert ("qwen3-8b may have only 1 replica when all requests come" in text) is said


def test_a_server_that_grows_keeps_its_scaler() -> None:
    grown = _with(10, f"{_SCALES[:-1]}, ready: 4}}")
    found = compare("open", side("open", _with(10, _SCALES)), side("open", grown))
    text = " ".join(each for notice in found.notices for each in notice.afterwards)
    assert "4 replicas, was 1 to 4" in text
    assert "no scaler" not in text


_SHARES: tuple[tuple[tuple[Edit, ...], tuple[Edit, ...]], ...] = (
    (ALONE, (_with(0),)),
    ((_with(10),), (_with(10, own=8000),)),
)


@pytest.mark.parametrize(("rollout", "first"), [(_with(10), True), (_with(0, also=CLIENT), True), (_with(0), False)])
def test_the_server_is_deployed_before_its_share(rollout: Edit, first: bool) -> None:
    """Otherwise an Envoy sends it requests in the moment in which it learns of it."""
    said = list(how(side("open"), side("open", rollout), "open"))
    assert any("{strategy: blueGreen}` first" in each for each in said) is first


FP8 = "quantization: fp8"
STEPS: dict[str, tuple[Edit, Edit, bool]] = {
    "a share": (_with(0, FP8), _with(10, FP8), False),
    "all requests move": (_with(10, FP8), _with(100, FP8), True),
    "the model gets the settings": (_with(100, FP8), _with(100, FP8, own=8000), False),
    "all move back before that": (_with(100, FP8), _with(0, FP8), True),
}


@pytest.mark.parametrize("step", STEPS)
def test_other_weights_answer_when_all_requests_move(step: str) -> None:
    before, after, moves = STEPS[step]
    assert ("qwen3-8b" in compare("open", side("open", before), side("open", after)).answers) is moves


@pytest.mark.parametrize(
    ("before", "after", "begins"),
    [
        ((), (_with(10),), True),
        ((_with(0),), (_with(10),), True),
        ((_with(0),), (_with(0, also=CLIENT),), True),
        ((), (_with(0),), False),
        ((_with(10),), (_with(30),), False),
        ((_with(100),), (_with(30),), False),
        ((_with(30),), (_with(100),), False),
    ],
)
def test_a_share_that_begins_is_something_to_look_at(
    before: tuple[Edit, ...], after: tuple[Edit, ...], begins: bool
) -> None:
    found = compare("open", side("open", *before), side("open", *after))
    assert ("a next version answers a part of the requests to" in headline(found)) is begins
    assert mark(found) == "⚠️" or not begins


def test_shorter_requests_are_refused_when_all_requests_move_and_not_when_the_model_follows() -> None:
    shares, all_of_them, followed = (side("open", each) for each in (_with(10), _with(100), _with(100, "", own=4096)))
    assert refuses_more(shares, all_of_them, "qwen3-8b")
    assert not refuses_more(all_of_them, followed, "qwen3-8b")
