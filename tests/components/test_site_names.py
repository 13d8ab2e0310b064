"""What holds for every component of a site."""

from tests.components.aws_examples import LABELS, site


def test_names_come_from_the_component_and_hold_nothing_that_changes() -> None:
    resources = [r for r in site().resources if r.parent and r.type != "pulumi:providers:aws"]
    children = [r for r in resources if r.parent and "pulumi:pulumi:Stack" not in r.parent]
    assert len(children) > 80
    for child in children:
        parent_name = child.parent.rsplit("::", 1)[1] if child.parent else ""
        assert child.name.startswith(parent_name), child.urn
        for changing in ("test", "us-east-1", "1.35", "1.2.3"):
            assert changing not in child.name, child.urn


def test_every_resource_has_an_explicit_provider() -> None:
    made = [r for r in site().resources if r.type.split(":")[0] in ("aws", "kubernetes")]
    assert len(made) > 70
    for resource in made:
        kind = resource.type.split(":")[0]
        assert f"pulumi:providers:{kind}::" in resource.options["provider"], resource.urn


def test_a_change_of_region_version_or_order_renames_nothing() -> None:
    before = {r.urn for r in site().resources}
    after = site(
        network={"region": "us-east-2", "zone_ids": ["use1-az4", "use1-az1", "use1-az2"]},
        cluster={"version": "1.36", "region": "us-east-2"},
        pool={"version": "1.36", "labels": dict(reversed(LABELS.items()))},
    )
    assert {r.urn for r in after.resources} == before
