"""Example values that documentation reserves: each is a to-do, and `up` stops if nothing could work with them."""

import json
from typing import Any

import pulumi
import pytest

from infra.clouds.aws.answers import ANSWERS
from infra.program import main
from infra.recording import record
from tests.planning.stacks import DEV, LOCAL, PROD, changed, plan

CALLER = "arn:aws:sts::210987654321:assumed-role/platform/me"
OURS = {"admins": ["arn:aws:iam::210987654321:role/platform"], "apiFrom": ["18.2.3.0/24"]}
OUR_CERTIFICATE = "arn:aws:acm:us-east-1:210987654321:certificate/7d2f9a1c-4b6e-4c1d-9a55-0c8f1e2d3b4a"
GATEWAY = {"domain": "llm.acme.io", "certificateArn": OUR_CERTIFICATE}
CLEAN = changed(DEV, cluster__create__access=OURS, gateway=GATEWAY)


def _placeholders(stack: dict[str, Any]) -> dict[str, str]:
    return {note.path: note.message for note in plan(stack).to_do if note.message.startswith("write your own")}


def test_a_stack_file_without_them_has_none_to_replace() -> None:
    assert _placeholders(CLEAN) == {}
    assert _placeholders(LOCAL) == {}


@pytest.mark.parametrize(
    ("changes", "path", "what"),
    [
        (
            {"cluster__create__access": {**OURS, "viewers": ["arn:aws:iam::111122223333:role/on-call"]}},
            "cluster.create.access.viewers",
            "arn:aws:iam::111122223333:role/on-call is in an account that only documentation uses",
        ),
        (
            {"cluster__create__access": {**OURS, "apiFrom": ["18.2.3.0/24", "192.0.2.7/32", "198.51.100.0/25"]}},
            "cluster.create.access.apiFrom",
            "192.0.2.7/32 is an address reserved for documentation,"
            " 198.51.100.0/25 is an address reserved for documentation",
        ),
        (
            {"gateway": {**GATEWAY, "domain": "llm.example.com"}},
            "gateway.domain",
            "a domain reserved for documentation",
        ),
        (
            {"gateway": {**GATEWAY, "domain": "llm.acme.example"}},
            "gateway.domain",
            "a domain reserved for documentation",
        ),
        (
            {"gateway": {**GATEWAY, "certificateArn": OUR_CERTIFICATE.replace("210987654321", "123456789012")}},
            "gateway.certificateArn",
            "an invented certificate",
        ),
        (
            {"gateway": {**GATEWAY, "certificateArn": "arn:aws:acm:us-east-1:210987654321:certificate/5f0c"}},
            "gateway.certificateArn",
            "an invented certificate",
        ),
        ({"gateway": {**GATEWAY, "inboundCidrs": ["203.0.113.0/24"]}}, "gateway.inboundCidrs", "203.0.113.0/24"),
        ({"tags": {"owner": "ml@example.org"}}, "tags.owner", "a domain reserved for documentation"),
        (
            {"gateway": {**GATEWAY, "annotations": {"acme.io/v6": "2001:db8::/32"}}},
            "gateway.annotations.acme.io/v6",
            "2",
        ),
    ],
)
def test_each_is_a_to_do(changes: dict[str, Any], path: str, what: str) -> None:
    found = _placeholders(changed(CLEAN, **changes))
    assert found.keys() == {path}
    assert what in found[path]


@pytest.mark.parametrize("text", ["ws-00000000-0000-0000-0000-000000000000", "111122223333-llm", "build 123456789012"])
def test_digits_that_are_no_account_are_none(text: str) -> None:
    assert _placeholders(changed(CLEAN, tags={"of": text})) == {}


@pytest.mark.parametrize("text", ["111122223333", "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm"])
def test_an_account_is_one_wherever_it_is_written_as_one(text: str) -> None:
    assert _placeholders(changed(CLEAN, tags={"of": text})).keys() == {"tags.of"}


@pytest.mark.parametrize("text", ["18.2.3.0/24", "10.0.0.0/8", "0.0.0.0/0", "203.0.114.0/24", "203.0.0.0/16"])
def test_an_address_that_is_somebodys_is_none(text: str) -> None:
    assert _placeholders(changed(CLEAN, cluster__create__access={**OURS, "apiFrom": [text]})) == {}


def test_a_plan_with_placeholders_breaks_no_rule_and_they_come_first() -> None:
    result = plan(PROD)
    assert result.violations == ()
    assert result.to_do[0].message.startswith("write your own")


def _run(stack: dict[str, Any], monkeypatch: pytest.MonkeyPatch, *, preview: bool) -> int:
    """The program as Pulumi runs it: how many resources it asks for."""
    config = {"aws:region": "us-east-1", "llm-platform:platform": json.dumps(stack)}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))
    said = {"id": "1", "arn": CALLER, "accountId": "210987654321", "userId": "1"}
    answers = {**ANSWERS, "aws:index/getCallerIdentity:getCallerIdentity": lambda _: said}
    return len(record(main, stack="dev", config=config, answers=answers, preview=preview).resources)


UNREACHABLE = [
    ({"cluster__create__access": {**OURS, "apiFrom": ["203.0.113.0/24"]}}, "cluster.create.access.apiFrom"),
    ({"gateway": {**GATEWAY, "certificateArn": OUR_CERTIFICATE[:-8]}}, "gateway.certificateArn"),
]


@pytest.mark.parametrize(("changes", "path"), UNREACHABLE)
def test_up_stops_where_nobody_would_reach_what_it_makes(
    changes: dict[str, Any], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = changed(CLEAN, **changes)
    with pytest.raises(pulumi.RunError, match=path):
        _run(stack, monkeypatch, preview=False)
    assert "`pulumi up` stops until then" in _placeholders(stack)[path]


@pytest.mark.programs
def test_a_preview_and_another_address_beside_it_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for changes, _ in UNREACHABLE:
        assert _run(changed(CLEAN, **changes), monkeypatch, preview=True) > 20
    both = {**OURS, "apiFrom": ["203.0.113.0/24", "18.2.3.0/24"]}
    assert _run(changed(CLEAN, cluster__create__access=both), monkeypatch, preview=False) > 20


@pytest.mark.parametrize("token", ["hf_abc\n", "hf_abc def", ""])
def test_up_stops_at_a_secret_that_no_header_may_hold(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "llm-platform:huggingFaceToken"
    config = {"aws:region": "us-east-1", "llm-platform:platform": json.dumps(CLEAN), secret: token}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))
    monkeypatch.setattr(pulumi.runtime, "is_config_secret", lambda key: key == secret)
    with pytest.raises(pulumi.RunError, match="a space or a line break") as refused:
        record(main, stack="dev", config=config)
    assert "hf_abc" not in str(refused.value)


def test_up_stops_at_two_clients_with_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"llm-platform:apiKey": "canary-of-a-test", "llm-platform:clientKey-default-2": "canary-of-a-test"}
    config = {"aws:region": "us-east-1", "llm-platform:platform": json.dumps(CLEAN), **secrets}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))
    monkeypatch.setattr(pulumi.runtime, "is_config_secret", lambda key: key in secrets)
    with pytest.raises(pulumi.RunError, match="apiKey, clientKey-default-2 are the same") as refused:
        record(main, stack="dev", config=config)
    assert "canary" not in str(refused.value)
