"""The role that runs `pulumi up` is one of the cluster's admins, or `up` stops before it creates anything."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from infra.clouds.aws.answers import ANSWERS
from infra.clouds.aws.caller import Stranger, check_caller, principal_of
from infra.program import main
from infra.recording import Recording, record

ADMIN = "arn:aws:iam::111122223333:role/platform"
CALLER = "aws:index/getCallerIdentity:getCallerIdentity"


@pytest.mark.parametrize(
    ("caller", "principal"),
    [
        ("arn:aws:sts::111122223333:assumed-role/platform/session", ADMIN),
        ("arn:aws-cn:sts::111122223333:assumed-role/platform/i-0abc", "arn:aws-cn:iam::111122223333:role/platform"),
        ("arn:aws:iam::111122223333:user/team/ada", "arn:aws:iam::111122223333:user/team/ada"),
        ("arn:aws:iam::111122223333:root", None),
        ("arn:aws:sts::111122223333:federated-user/ada", None),
    ],
)
def test_a_session_is_its_role(caller: str, principal: str | None) -> None:
    assert principal_of(caller) == principal


@pytest.mark.parametrize(
    ("caller", "admin"),
    [
        ("arn:aws:sts::111122223333:assumed-role/platform/session", ADMIN),
        # AWS leaves a role's path out of a session's ARN; in an account a name is there once.
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a1b/ada",
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a1b",
        ),
        ("arn:aws:iam::111122223333:user/ada", "arn:aws:iam::111122223333:user/ada"),
    ],
)
def test_an_admin_may_go_on(caller: str, admin: str) -> None:
    check_caller(caller, ["arn:aws:iam::111122223333:role/other", admin])


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:sts::111122223333:assumed-role/developer/session",
        "arn:aws:sts::444455556666:assumed-role/platform/session",
        "arn:aws:iam::111122223333:user/platform",
        "arn:aws:iam::111122223333:root",
    ],
)
def test_another_is_a_stranger(caller: str) -> None:
    with pytest.raises(Stranger, match=caller):
        check_caller(caller, [ADMIN])


def test_a_stranger_gets_the_line_to_write() -> None:
    with pytest.raises(Stranger) as refused:
        check_caller("arn:aws:sts::111122223333:assumed-role/ci/run", [ADMIN])
    assert f'  admins: ["{ADMIN}", "arn:aws:iam::111122223333:role/ci"]\n' in str(refused.value)


def test_a_stranger_who_may_have_made_the_cluster_is_asked_to_import_the_entry_of_eks() -> None:
    with pytest.raises(Stranger) as refused:
        check_caller("arn:aws:sts::111122223333:assumed-role/ci/run", [ADMIN], lambda each: f"pulumi import {each}")
    said = str(refused.value)
    assert said.endswith("\n  pulumi import arn:aws:iam::111122223333:role/ci")
    assert f'  admins: ["{ADMIN}", "arn:aws:iam::111122223333:role/ci"]\n' in said


def _run(access: Mapping[str, Any], caller: str, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """The program as `pulumi up` runs it, by a caller."""
    platform = {
        "cluster": {"create": {"version": "1.35", "zones": 2, "access": access}},
        "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192}},
    }
    config = {"aws:region": "us-east-1", "llm-platform:platform": json.dumps(platform)}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))
    answers = {**ANSWERS, CALLER: lambda _: {"id": "1", "arn": caller, "accountId": "111122223333", "userId": "1"}}
    return record(main, stack="dev", config=config, answers=answers)


@pytest.mark.programs
def test_up_by_an_admin_makes_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _run({"admins": [ADMIN]}, "arn:aws:sts::111122223333:assumed-role/platform/me", monkeypatch)
    assert made.one("aws:eks/cluster:Cluster", "cluster-eks")


@pytest.mark.programs
@pytest.mark.parametrize(
    ("access", "caller", "message"),
    [
        ({}, "arn:aws:sts::111122223333:assumed-role/platform/me", "cluster.create.access.admins: none"),
        ({"admins": [ADMIN]}, "arn:aws:sts::111122223333:assumed-role/dev/me", 'write\n  admins: \\["arn'),
    ],
)
def test_up_by_another_stops_first(
    access: Mapping[str, Any], caller: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        _run(access, caller, monkeypatch)


@pytest.mark.programs
def test_no_access_entry_depends_on_who_runs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    access = {"admins": [ADMIN, "arn:aws:iam::111122223333:role/ci"]}
    by_platform, by_ci = (
        _run(access, f"arn:aws:sts::111122223333:assumed-role/{role}/me", monkeypatch) for role in ("platform", "ci")
    )
    assert by_platform.resources == by_ci.resources
