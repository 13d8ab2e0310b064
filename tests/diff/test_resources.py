"""What the engine would do to resources: a replacement also replaces what reads the replaced resource."""

from typing import Any

from infra.diff.resources import compare_resources
from infra.sides.types import Change

GROUP, TAG, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:autoscaling/tag:Tag", "aws:ec2/launchTemplate:LaunchTemplate"
DEPLOYMENT, PROVIDER = "kubernetes:apps/v1:Deployment", "pulumi:providers:kubernetes"
FORCING = {(GROUP, "instanceTypes"), (TAG, "autoscalingGroupName"), (PROVIDER, "clusterIdentifier")}
KNOWN = {GROUP, TAG, TEMPLATE, PROVIDER}


def forces(type_: str, path: str) -> bool | None:
    return (type_, path) in FORCING if type_ in KNOWN else None


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:prod::llm-platform::{type_}::{name}"


def resource(type_: str, name: str, inputs: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"urn": urn(type_, name), "type": type_, "name": name, "inputs": inputs, "options": options}


def group(types: list[str]) -> dict[str, Any]:
    inputs = {"instanceTypes": types, "launchTemplate": {"version": "${l4.latestVersion}"}}
    return resource(GROUP, "l4", inputs, depends_on=[urn(TEMPLATE, "l4")])


TAGGED = resource(TAG, "l4-gpu", {"autoscalingGroupName": "${l4.resources.0.name}"}, depends_on=[urn(GROUP, "l4")])


def test_equal_resources_in_another_order_are_nothing() -> None:
    old = [group(["g6.xlarge"]), TAGGED]
    assert not compare_resources(old, old[::-1], forces)


def test_added_and_removed_are_found_by_urn() -> None:
    found = compare_resources([group(["a"])], [TAGGED], forces)
    assert (list(found.added), list(found.removed)) == ([TAGGED["urn"]], [urn(GROUP, "l4")])


def test_a_property_that_forces_it_replaces_and_is_named() -> None:
    found = compare_resources([group(["a"])], [group(["b"])], forces)
    assert found.because == {urn(GROUP, "l4"): ("instanceTypes",)}
    assert not found.changed


def test_what_reads_a_replaced_resource_changes_or_is_replaced_too() -> None:
    found = compare_resources([group(["a"]), TAGGED], [group(["b"]), TAGGED], forces)
    assert found.because[TAGGED["urn"]] == ("autoscalingGroupName",)


def test_a_new_version_of_a_launch_template_changes_its_node_group() -> None:
    templates = [resource(TEMPLATE, "l4", {"volumeSize": size}) for size in (50, 60)]
    found = compare_resources([templates[0], group(["a"])], [templates[1], group(["a"])], forces)
    assert not found.because
    assert list(found.changed[urn(GROUP, "l4")]) == ["launchTemplate.version"]


def test_a_replaced_provider_replaces_what_it_made() -> None:
    providers = [resource(PROVIDER, "eks", {"clusterIdentifier": each}) for each in ("a", "b")]
    made = resource(DEPLOYMENT, "chat", {"spec": {}}, provider=urn(PROVIDER, "eks"))
    found = compare_resources([providers[0], made], [providers[1], made], forces)
    assert found.because[made["urn"]] == ("provider",)


def test_what_goes_with_a_replaced_resource_is_replaced_too() -> None:
    made = resource(DEPLOYMENT, "chat", {"spec": {}}, replace_with=[urn(GROUP, "l4")])
    found = compare_resources([group(["a"]), made], [group(["b"]), made], forces)
    assert found.because[made["urn"]] == ("replaceWith",)
    assert not compare_resources([made], [made], forces)


def test_a_property_that_the_program_says_can_only_be_replaced() -> None:
    made = [resource(DEPLOYMENT, "chat", {"spec": {"a": n}}, replace_on_changes=["spec.a"]) for n in (1, 2)]
    assert compare_resources(made[:1], made[1:], forces).because == {urn(DEPLOYMENT, "chat"): ("spec.a",)}


def test_an_ignored_property_is_no_change() -> None:
    made = [resource(DEPLOYMENT, "chat", {"spec": {"replicas": n}}, ignore_changes=["spec.replicas"]) for n in (1, 2)]
    assert not compare_resources(made[:1], made[1:], forces)


def test_where_nobody_looked_a_type_up_that_is_said() -> None:
    made = [resource(DEPLOYMENT, "chat", {"spec": {"paused": each}}) for each in (True, False)]
    found = compare_resources(made[:1], made[1:], forces)
    assert found.unsure == {urn(DEPLOYMENT, "chat"): ("spec.paused",)}


def test_an_alias_says_what_a_resource_was_called() -> None:
    old, new = resource(GROUP, "l4", {}), resource(GROUP, "l4-nodes", {}, aliases=["l4"])
    assert not compare_resources([old], [new], forces)


def test_protection_is_distinguished_from_what_a_cloud_is_asked() -> None:
    old, new = resource(GROUP, "l4", {}, protect=True), resource(GROUP, "l4", {})
    found = compare_resources([old], [new], forces)
    assert not found.changed
    assert found.options == {urn(GROUP, "l4"): {"options.protect": Change(True, None)}}


def test_what_is_waited_for_is_no_change() -> None:
    old, new = resource(GROUP, "l4", {}, depends_on=["a"]), resource(GROUP, "l4", {}, depends_on=["b"])
    assert not compare_resources([old], [new], forces)


def test_default_tags_of_the_provider_reach_what_can_have_tags() -> None:
    aws = "pulumi:providers:aws"
    clouds = [resource(aws, "aws", {"defaultTags": f'{{"tags": {{"team": "{team}"}}}}'}) for team in "ab"]
    made = [resource(GROUP, "l4", {}, provider=urn(aws, "aws")), resource(TAG, "t", {}, provider=urn(aws, "aws"))]
    found = compare_resources([clouds[0], *made], [clouds[1], *made], forces)
    assert found.changed[urn(GROUP, "l4")] == {"tagsAll.team": Change("a", "b")}
    assert urn(TAG, "t") not in found.changed
