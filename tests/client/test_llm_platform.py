"""What an application reads from a platform, what stops it, and that the client matches the contract."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pulumi
import pytest

import llm_platform
from infra import outputs as contract
from infra.recording import SECRET, UNKNOWN, record
from llm_platform import (
    NO_KEY,
    AwakeHours,
    ClientOutputs,
    CustomServer,
    External,
    Gateway,
    GatewayClient,
    KeySecret,
    Model,
    ModelOutputs,
    Platform,
    PlatformOutputs,
    SmallerVectors,
)
from tests.example_stacks import ALL_STACKS, planned

STACK = "acme/llm-platform/prod"
PROD: Mapping[str, Any] = planned("prod").recording.outputs
LOCAL: Mapping[str, Any] = planned("local").recording.outputs


@dataclass(frozen=True)
class Read:
    value: Any  # None: not known
    secret: bool
    known: bool


def read(
    ask: Callable[[PlatformOutputs], pulumi.Output[Any]], outputs: Mapping[str, Any] = PROD, *, preview: bool = False
) -> Read:
    """What an application's program gets from a stack with these outputs."""
    seen: list[Any] = []

    def program() -> None:
        got = ask(PlatformOutputs.from_stack(STACK))
        got.apply(seen.append)
        pulumi.export("got", got.apply(lambda _: "shown"))

    got = record(program, stack="dev", stacks={STACK: outputs}, preview=preview).outputs["got"]
    return Read(seen[0] if seen else None, secret=got == SECRET, known=bool(seen))


def without(outputs: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if name not in names}


def with_model(**changes: Any) -> dict[str, Any]:
    """Production with another `llama-8b`; None leaves a field out, as Pulumi does."""
    changed = {**PROD["models"]["llama-8b"], **changes}
    model = {name: value for name, value in changed.items() if value is not None}
    return {**PROD, "models": {**PROD["models"], "llama-8b": model}}


@pytest.mark.parametrize("preview", [False, True])
def test_an_application_reads_what_the_platform_exports(preview: bool) -> None:
    said = PROD["models"]["llama-8b"]
    for name in without(said, "api_key_secret"):
        got = read(lambda platform, name=name: getattr(platform.model("llama-8b"), name), preview=preview)
        assert got == Read(said[name], secret=False, known=True), name
        assert type(got.value) is type(said[name]), name  # Pulumi sends 8192.0
    for name in ("cluster_name", "namespace", "region"):
        assert read(lambda platform, name=name: getattr(platform, name)).value == PROD[name]


def test_the_secret_of_a_model_is_named() -> None:
    got = read(lambda platform: platform.model("llama-8b").api_key_secret).value
    assert got == KeySecret(namespace="llm", name="llama-8b-api-key", key="api-key")


def test_the_sizes_that_a_vector_can_have_are_read() -> None:
    outputs = with_model(dimensions={"min": 64.0, "max": 768.0, "only": [64.0, 768.0]})
    got = read(lambda platform: platform.model("llama-8b").dimensions, outputs).value
    assert got == SmallerVectors(min=64, max=768, only=[64, 768])
    assert {type(each) for each in got.only} == {int}


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_stacks_outputs_can_be_read(stack: str) -> None:
    exported = planned(stack).recording.outputs
    models = read(lambda platform: platform.models, exported).value
    assert {name: model.model for name, model in models.items()} == {name: name for name in exported["models"]}


def test_the_key_stays_secret_and_goes_to_no_server_that_checks_none() -> None:
    assert read(lambda platform: platform.api_key) == Read(SECRET, secret=True, known=True)
    assert read(lambda platform: platform.model("llama-8b").api_key) == Read(SECRET, secret=True, known=True)
    assert read(lambda platform: platform.model("helper").api_key) == Read(SECRET, secret=True, known=True)
    open_to_all = with_model(api_key_secret=None)
    assert read(lambda platform: platform.model("llama-8b").api_key, open_to_all).value == NO_KEY


# Of a platform that serves version 2 alone: no address and no key of a model.
LATER = {
    **without(PROD, "api_key"),
    "version": 2,
    "versions": None,
    "models": {
        name: without(model, "base_url", "base_url_in_cluster", "timeout_seconds", "api_key_secret")
        for name, model in PROD["models"].items()
    },
}


@pytest.mark.parametrize("outputs", [PROD, LATER], ids=["both versions", "version 2 alone"])
def test_one_url_and_a_clients_secret_are_read(outputs: Mapping[str, Any]) -> None:
    assert read(lambda platform: platform.base_url, outputs).value == "https://llm.example.com/v1"
    inside = read(lambda platform: platform.base_url_in_cluster, outputs).value
    assert inside == "http://gateway.llm.svc.cluster.local/v1"
    secret = read(lambda platform: platform.client("default").secret, outputs)
    assert secret == Read(KeySecret("llm", "llm-client-default", "OPENAI_API_KEY"), secret=False, known=True)
    for name, value in PROD["gateway"]["clients"]["default"].items():
        if name != "secret":
            assert read(lambda p, name=name: getattr(p.client("default"), name), outputs).value == value


def test_a_model_of_version_2_is_at_the_one_url() -> None:
    for name in ("base_url", "base_url_in_cluster", "timeout_seconds"):
        got = read(lambda platform, name=name: getattr(platform.model("llama-8b"), name), LATER).value
        assert got == PROD["gateway"][name]


def test_what_is_not_known_yet_stays_unknown() -> None:
    for ask in (lambda p: p.model("llama-8b").base_url, lambda p: p.api_key, lambda p: p.models):
        assert not read(ask, dict.fromkeys(PROD, UNKNOWN), preview=True).known


def test_a_field_that_was_added_later_is_left_alone() -> None:
    outputs = {**with_model(price="cheap"), "motto": "hello"}
    assert read(lambda platform: platform.model("llama-8b").model, outputs).value == "llama-8b"


def test_what_pulumi_leaves_out_is_none() -> None:
    facts = read(
        lambda platform: platform.model("llama-8b").facts, with_model(base_url=None, api_key_secret=None)
    ).value
    assert (facts.base_url, facts.api_key_secret) == (None, None)
    assert read(lambda platform: platform.region, LOCAL).value is None
    assert read(lambda platform: platform.gateway_address, LOCAL).value is None


REFUSED: dict[str, tuple[Callable[[PlatformOutputs], pulumi.Output[Any]], Mapping[str, Any], str]] = {
    "another model": (
        lambda platform: platform.model("gpt").model,
        PROD,
        "acme/llm-platform/prod has no model 'gpt'; it has helper, llama-70b, llama-8b",
    ),
    "no models": (
        lambda platform: platform.model("gpt").model,
        {**PROD, "models": {}},
        "acme/llm-platform/prod has no model 'gpt'; it has no model at all",
    ),
    "older": (
        lambda platform: platform.models,
        {**PROD, "version": 0, "versions": None},
        "this client reads versions 1 and 2 of LLM Platform's outputs; acme/llm-platform/prod has version 0: "
        "`pulumi up` there with a newer platform, or take the llm_platform.py that reads 0",
    ),
    "newer": (
        lambda platform: platform.namespace,
        {**PROD, "version": 3, "versions": [3.0, 4.0]},
        "this client reads versions 1 and 2 of LLM Platform's outputs; acme/llm-platform/prod has version 3: "
        "take the llm_platform.py that reads 3",
    ),
    "nothing made yet": (
        lambda platform: platform.api_key,
        {},
        "this client reads versions 1 and 2 of LLM Platform's outputs; acme/llm-platform/prod has none: "
        "is that the name of a platform's stack, and was `pulumi up` run there?",
    ),
    "another program's version": (
        lambda platform: platform.models,
        {"version": "1.4.2", "url": "https://example.com"},
        "this client reads versions 1 and 2 of LLM Platform's outputs; acme/llm-platform/prod has none: "
        "is that the name of a platform's stack, and was `pulumi up` run there?",
    ),
    "outputs missing": (
        lambda platform: platform.region,
        without(PROD, "namespace", "models"),
        "acme/llm-platform/prod: no namespace, models, which the outputs promise",
    ),
    "fields missing": (
        lambda platform: platform.model("helper").model,
        with_model(kind=None, max_model_len=None),
        "acme/llm-platform/prod: models.llama-8b: no kind, max_model_len, which the outputs promise",
    ),
    "part of the Secret missing": (
        lambda platform: platform.models,
        with_model(api_key_secret={"name": "llama-8b-api-key"}),
        "acme/llm-platform/prod: models.llama-8b: no namespace, key, which the outputs promise",
    ),
    "no gateway": (
        lambda platform: platform.model("llama-1b").base_url,
        LOCAL,
        "acme/llm-platform/prod is reached in its cluster only: use base_url_in_cluster from a pod of a namespace "
        "labelled llm-platform/client=true, or ask for `gateway.domain` in the platform's stack file",
    ),
    "no URL outside": (
        lambda platform: platform.base_url,
        LOCAL,
        "acme/llm-platform/prod is reached in its cluster only: use base_url_in_cluster from a pod of a namespace "
        "labelled llm-platform/client=true, or ask for `gateway.domain` in the platform's stack file",
    ),
    "another client": (
        lambda platform: platform.client("shop").secret,
        PROD,
        "acme/llm-platform/prod has no client 'shop'; it has default",
    ),
    "version 1 alone": (
        lambda platform: platform.client("default").secret,
        without(PROD, "versions", "gateway"),
        "acme/llm-platform/prod has version 1 of the outputs alone, without `gateway`: `pulumi up` there with a newer "
        "platform, or read the model's base_url and api_key",
    ),
    "no key": (
        lambda platform: platform.api_key,
        without(PROD, "api_key"),
        "acme/llm-platform/prod has no api_key: read the Secret of your client instead",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_stack_does_not_have_stops_the_program_with_a_sentence(case: str) -> None:
    ask, outputs, message = REFUSED[case]
    with pytest.raises(pulumi.RunError) as raised:
        read(ask, outputs)
    assert str(raised.value) == message


_OURS: Mapping[Any, Any] = {
    contract.AwakeHours: AwakeHours,
    contract.KeySecret: KeySecret,
    contract.SmallerVectors: SmallerVectors,
    contract.GatewayClient: GatewayClient,
    contract.CustomEndpoint: CustomServer,
    contract.GatewayEndpoint: Gateway,
    contract.ExternalEndpoint: External,
}
# A platform of version 2 leaves them out.
GOES = {"base_url_in_cluster", "timeout_seconds"}


def plain(hint: Any) -> set[Any]:
    """The types of a field: a Literal is what its values are, a model of the contract the client's of that name."""
    if get_origin(hint) is UnionType:
        return set[Any]().union(*(plain(each) for each in get_args(hint)))
    if get_origin(hint) is Literal:
        return {type(value) for value in get_args(hint)}
    if get_origin(hint) in (dict, Mapping):
        return {(Mapping, *(frozenset(plain(each)) for each in get_args(hint)))}
    if get_origin(hint) is list:
        return {(list, *(frozenset(plain(each)) for each in get_args(hint)))}
    return {_OURS.get(hint, hint)}


@pytest.mark.parametrize(("ours", "theirs"), [(Model, contract.ModelEndpoint), *((o, t) for t, o in _OURS.items())])
def test_the_clients_fields_are_those_of_the_contract(ours: type, theirs: Any) -> None:
    goes = GOES if ours is Model else set[str]()
    mine, promised = get_type_hints(ours), get_type_hints(theirs)
    assert {name: plain(hint) - ({NoneType} if name in goes else set()) for name, hint in mine.items()} == {
        name: plain(hint) for name, hint in promised.items()
    }
    optional = {each.name for each in fields(ours) if each.default is not MISSING}
    may_be_absent = {name for name, field in theirs.model_fields.items() if not field.is_required()}
    assert optional == {name for name, hint in promised.items() if NoneType in plain(hint)} | may_be_absent | goes


def test_the_clients_outputs_are_those_of_the_contract() -> None:
    asked = {each.name for each in fields(Platform)} | {"version", "api_key"}
    assert asked == contract.PlatformOutputs.model_fields.keys()
    assert llm_platform.VERSIONS == contract.VERSIONS


@pytest.mark.parametrize(
    ("view", "facts", "more"),
    [
        (ModelOutputs, Model, {"api_key"}),
        (PlatformOutputs, Platform, {"api_key", "base_url", "base_url_in_cluster"}),
        (ClientOutputs, GatewayClient, set[str]()),
    ],
)
def test_every_field_is_an_output(view: type, facts: type, more: set[str]) -> None:
    assert {name for name, value in vars(view).items() if isinstance(value, property)} == more | {
        each.name for each in fields(facts)
    }


def test_the_client_imports_nothing_but_pulumi() -> None:
    tree = ast.parse(Path(llm_platform.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"pulumi", "collections.abc", "dataclasses", "typing"}
