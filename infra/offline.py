"""A stack planned and recorded with no cloud: what `plan` prints and the tests read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.live import Namespaces
from infra.plan.plan import Plan
from infra.program import NAMESPACE, deploy, plan_of
from infra.recording import Answers, Recording, record
from infra.settings.secrets import HUGGING_FACE_TOKEN
from infra.site import aws_provider
from infra.stack_file import load_file

_PLACEHOLDER = "not read offline"  # a stack's secrets are encrypted; none is ever needed to plan


@dataclass(frozen=True)
class Planned:
    """The plan, and the resources that the program makes of it."""

    plan: Plan
    recording: Recording


def plan_offline(path: Path, *, preview: bool = False) -> Planned:
    """Load, plan and record one stack file. Raises BadStackFile. With `preview`, what only a cloud knows is unknown."""
    file = load_file(path)
    plan = plan_of(file)
    secrets = {
        f"{NAMESPACE}:{key}": _PLACEHOLDER for key in file.secrets | {HUGGING_FACE_TOKEN}
    }  # a missing token is a thing to do
    recording = record(
        lambda: deploy(plan, aws_provider(plan), Namespaces()),
        stack=file.stack,
        config=secrets,
        secret_keys=tuple(secrets),
        answers=ANSWERS,
        preview=preview,
    )
    return Planned(plan, recording)


def _existing_eks(args: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": args["name"],
        "name": args["name"],
        "arn": "${existing.arn}",
        "endpoint": "${existing.endpoint}",
        "certificateAuthorities": [{"data": "${existing.certificateAuthority}"}],
        "vpcConfig": {"vpcId": "${existing.vpcId}", "clusterSecurityGroupId": "${existing.clusterSecurityGroupId}"},
    }


def _subnet(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": args["id"], "cidrBlock": f"${{{args['id']}.cidrBlock}}"}


# What a look-up would find; `plan` lists it as an assumption.
ANSWERS: Answers = {
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:eks/getCluster:getCluster": _existing_eks,
}
