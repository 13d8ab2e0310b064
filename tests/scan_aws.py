"""`make scan`: what checkov, a scanner of infrastructure, finds in the AWS resources of every stack.

Checkov reads no Pulumi program, so it gets the recorded resources as a Terraform plan: the AWS provider is Terraform's.
A finding that is meant has its reason beside the resource, in the file of its component, as checkov takes it in
Terraform: `# checkov:skip=CKV_AWS_39: the reason`. Every other one fails, and so does a reason that nothing needs.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import components.aws
from infra.recording import Recorded
from tests.example_stacks import ALL_STACKS, planned

_NAMES = {  # where Terraform's name doesn't follow from the token
    "aws:autoscaling/tag:Tag": "aws_autoscaling_group_tag",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "aws_default_security_group",
    "aws:ec2/eip:Eip": "aws_eip",
    "aws:ec2/flowLog:FlowLog": "aws_flow_log",
    "aws:ec2/internetGateway:InternetGateway": "aws_internet_gateway",
    "aws:ec2/launchTemplate:LaunchTemplate": "aws_launch_template",
    "aws:ec2/natGateway:NatGateway": "aws_nat_gateway",
    "aws:ec2/placementGroup:PlacementGroup": "aws_placement_group",
    "aws:ec2/route:Route": "aws_route",
    "aws:ec2/routeTable:RouteTable": "aws_route_table",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "aws_route_table_association",
    "aws:ec2/securityGroup:SecurityGroup": "aws_security_group",
    "aws:ec2/subnet:Subnet": "aws_subnet",
    "aws:ec2/vpc:Vpc": "aws_vpc",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "aws_vpc_endpoint",
}
_MAPS = ("tags", "labels")
_REFERENCE = re.compile(r"\$\{([^.}]+)\.([^}]+)\}")
_FOLDER = Path(components.aws.__path__[0])
_ACCOUNT = re.compile(r'^SERVICE_ACCOUNT = "([-a-z]+)"', re.MULTILINE)
_SKIP = re.compile(r"# checkov:skip=(CKV2?_AWS_\d+): \S")


class Finding(NamedTuple):
    check: str
    asked: str  # what the check asks for
    address: str
    module: str  # of components/aws


def terraform_plan(recorded: Iterable[Recorded]) -> dict[str, Any]:
    """Resources of AWS as `terraform show -json` writes a plan: their values, and which one names which."""
    aws = list(recorded)
    addresses = {each.name: set[str]() for each in aws}
    for each in aws:
        addresses[each.name].add(_address(each))
    values = [{**_head(each), "values": _block(each.inputs)[0]} for each in aws]
    named = [{**_head(each), "expressions": dict(_expressions(each.inputs, addresses))} for each in aws]
    changes = [{**head, "change": {"actions": ["create"], "before": None, "after": head["values"]}} for head in values]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": values}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": named}},
    }


def _head(made: Recorded) -> dict[str, str]:
    return {"address": _address(made), "mode": "managed", "type": _terraform(made.type), "name": made.name}


def _address(made: Recorded) -> str:
    return f"{_terraform(made.type)}.{made.name}"


def _terraform(type_: str) -> str:
    module, name = type_.split(":")[1].split("/")
    return _NAMES.get(type_) or f"aws_{_snake(module)}_{_snake(name)}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda letter: f"_{letter[0]}", name).lower()


def _block(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Terraform's block is a list of one, and several of a kind have one name: Pulumi's is in the plural."""
    return [{_named(key, item): _value(key, item) for key, item in value.items()}]


def _named(key: str, value: Any) -> str:
    blocks = isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
    return _snake(key).removesuffix("s") if blocks else _snake(key)


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value) if key in _MAPS else _block(value)
    if isinstance(value, list):
        return [_block(item)[0] if isinstance(item, Mapping) else item for item in value]
    return value


def _expressions(inputs: Mapping[str, Any], addresses: Mapping[str, set[str]]) -> Iterator[tuple[str, Any]]:
    for key, value in inputs.items():
        found = [
            f"{address}.{attribute}"
            for name, attribute in _REFERENCE.findall(json.dumps(value))
            for address in sorted(addresses.get(name, ()))
        ]
        if found:
            yield _snake(key), {"references": [part for each in found for part in (each, each.rsplit(".", 1)[0])]}


def meant() -> dict[str, set[str]]:
    """By the module of a component: the checks that it gives a reason against."""
    return {file.stem: set(_SKIP.findall(file.read_text(encoding="utf-8"))) for file in sorted(_FOLDER.glob("*.py"))}


def module_of(made: Recorded) -> str:
    """Where a resource is written: the module of its component, or of the add-on that its name says."""
    component = made.urn.split("::")[-2].split("$")[-2].rsplit(":", 1)[-1]
    if component not in ("PodRole", "Addons"):
        return _snake(component)
    named = [name for name in _addons() if f"-{name}-" in made.name]
    return _addons()[max(named, key=len)] if named else ""


@cache
def _addons() -> dict[str, str]:
    """By the name of an add-on, which is its module's or its service account's: the module that installs it."""
    found = {file.stem.replace("_", "-"): file.stem for file in _FOLDER.glob("*.py")}
    accounts = {file.stem: _ACCOUNT.search(file.read_text(encoding="utf-8")) for file in _FOLDER.glob("*.py")}
    return found | {account[1]: stem for stem, account in accounts.items() if account is not None}


def findings(checkov: str, recorded: Iterable[Recorded]) -> Iterator[Finding]:
    """What checkov finds in the resources of one stack."""
    aws = [each for each in recorded if each.type.startswith("aws:")]
    by_address = {_address(each): each for each in aws}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(json.dumps(terraform_plan(aws)), encoding="utf-8")
        command = [checkov, "-f", file, "--framework", "terraform_plan", "--output", "json", "--skip-download"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    for failed in json.loads(done.stdout)["results"]["failed_checks"]:
        address = failed["resource"]
        yield Finding(failed["check_id"], failed["check_name"], address, module_of(by_address[address]))


def main(checkov: str) -> int:
    reasons = meant()
    found = set[Finding]()
    for stack in ALL_STACKS:
        recorded = planned(stack).recording.resources
        if any(each.type.startswith("aws:") for each in recorded):
            found |= set(findings(checkov, recorded))
    unmeant = sorted(each for each in found if each.check not in reasons.get(each.module, ()))
    needed = {(each.module, each.check) for each in found}
    idle = sorted((module, check) for module, checks in reasons.items() for check in checks - _needed(module, needed))
    for each in unmeant:
        print(f"{each.address}: {each.check}: {each.asked}; fix it in components/aws/{each.module}.py or give a reason")
    for module, check in idle:
        print(f"components/aws/{module}.py: nothing needs the reason against {check} any more")
    print(f"{len(found)} findings, {len(unmeant)} without a reason")
    return 1 if unmeant or idle else 0


def _needed(module: str, needed: set[tuple[str, str]]) -> set[str]:
    return {check for each, check in needed if each == module}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
