"""Cluster, cache, add-ons, gateway, and what is left for a person to do."""

import pytest

from infra.planning import Plan
from tests.planning.stacks import CATALOG, DEV, LOCAL, PROD, SHARED, changed, plan


def _to_do(result: Plan) -> dict[str, str]:
    return {note.path: note.message for note in result.to_do}


def test_defaults_of_a_cluster_that_we_make() -> None:
    result = plan(changed(DEV, cluster={"create": {}}), name="dev")
    cluster = result.cluster
    assert (cluster.name, cluster.version, len(cluster.zone_ids), cluster.cidr) == ("llm-dev", "1.35", 2, "10.0.0.0/16")
    assert not cluster.nat_per_zone
    assert cluster.autoscaler_image_tag.startswith("v1.35.")
    assert result.cache.kind == "efs"
    assert {addon.state for addon in result.addons.values()} == {"install"}
    for path in ("version", "name", "zones", "network.cidr", "network.nat"):
        assert f"cluster.create.{path}" in result.chosen


def test_zones_are_chosen_by_the_catalogue_alone() -> None:
    """A pool added later must not move subnets."""
    one = plan(changed(DEV, cluster={"create": {"zones": 2}}))
    other = plan(changed(DEV, cluster={"create": {"zones": 2}}, gpuPools__t4={"instanceTypes": ["g4dn.xlarge"]}))
    assert one.cluster.zone_ids == other.cluster.zone_ids
    assert one.cluster.zone_ids == ("use1-az2", "use1-az6")  # the only two that offer g7e
    assert set(one.cluster.zone_ids) <= set(CATALOG.regions["us-east-1"])


def test_three_zones_have_a_nat_gateway_each_unless_the_file_says_one() -> None:
    assert plan(PROD).cluster.nat_per_zone
    zones = PROD["cluster"]["create"]["zones"]
    assert not plan(changed(PROD, cluster={"create": {"zones": zones, "network": {"nat": "one"}}})).cluster.nat_per_zone


def test_nothing_is_installed_unasked_on_a_cluster_that_exists() -> None:
    result = plan(LOCAL)
    assert {addon.state for addon in result.addons.values()} == {"existing"}
    assert (result.monitoring, result.gateway, result.models["llama-1b"].scaling) == (None, None, None)
    assert (result.cache.kind, result.cache.storage_class) == ("storageClass", None)


def test_a_default_storage_class_has_one_reader() -> None:
    model = LOCAL["models"]["llama-1b"]
    assert plan(LOCAL).cache.access_mode == "ReadWriteOnce"
    (violation,) = plan(changed(LOCAL, models={"a": model, "b": model})).violations
    assert violation.rule == "One reader"
    named = changed(LOCAL, models={"a": model, "b": model}, cache={"kind": "storageClass", "storageClass": "nfs"})
    assert plan(named).violations == ()
    assert plan(named).cache.access_mode == "ReadWriteMany"


@pytest.mark.parametrize(("size", "broken"), [("10Gi", True), ("16Gi", False), ("1Ti", False)])
def test_weights_have_to_fit_the_cache(size: str, broken: bool) -> None:
    """Qwen3-8B: 15.3 GiB."""
    result = plan(changed(SHARED, cache={"kind": "storageClass", "storageClass": "efs-sc", "size": size}))
    assert [each.rule for each in result.violations] == (["Disk"] if broken else [])


def test_the_prometheus_of_others_is_asked_at_its_address() -> None:
    existing = {"url": "http://prometheus-operated.watch:9090", "monitorLabels": {"release": "kube-prom"}}
    monitoring = plan(changed(SHARED, addons={"prometheus": {"existing": existing}})).monitoring
    assert monitoring is not None
    assert (monitoring.url, monitoring.labels, monitoring.namespace) == (
        existing["url"],
        {"release": "kube-prom"},
        "watch",
    )


@pytest.mark.parametrize(
    ("stack", "ingress_class", "controller"),
    [(PROD, None, "alb"), (PROD, "nginx-internal", "nginx"), (PROD, "traefik", "other"), (LOCAL, None, "nginx")],
)
def test_the_controller_follows_from_the_class(stack: dict, ingress_class: str | None, controller: str) -> None:
    gateway = plan(changed(stack, gateway={"domain": "llm.example.com", "ingressClass": ingress_class})).gateway
    assert gateway is not None
    assert gateway.controller == controller
    assert (gateway.namespace is None) == (controller != "nginx")


def test_quotas_are_added_up_by_family_and_capacity() -> None:
    """6 x 8 + 3 x 48 + 3 x 4 vCPUs."""
    assert "L-DB2E81BA) in us-east-1: 204 vCPUs" in _to_do(plan(PROD))["gpuPools"]
    assert "L-3819A6DF) in us-east-1: 16 vCPUs" in _to_do(plan(DEV))["gpuPools"]


def test_a_gated_model_asks_for_its_licence_and_a_missing_token() -> None:
    first, later = _to_do(plan(PROD)), _to_do(plan(PROD, secrets=frozenset({"huggingFaceToken"})))
    assert "huggingface.co/meta-llama/Llama-3.1-8B-Instruct" in first["models.llama-8b.model"]
    assert first["huggingFaceToken"].startswith("llama-8b: `pulumi config set --secret huggingFaceToken -s prod`")
    assert "huggingFaceToken" not in later
    assert "huggingFaceToken" not in _to_do(plan(DEV))


def test_the_domain_wants_a_certificate_and_a_dns_record() -> None:
    to_do = _to_do(plan(PROD))
    assert "*.llm.example.com" in to_do["gateway.certificateArn"]
    assert "CNAME" in to_do["gateway.domain"]


def test_what_deserves_a_second_look_is_said() -> None:
    paths = {note.path for note in plan(DEV).warnings}
    assert {"models.qwen3-8b.revision", "models.qwen3-8b.replicas.min", "gpuPools.l4.capacity"} <= paths
    pinned = {note.path for note in plan(changed(DEV, models__qwen3_8b__revision="b968826d")).warnings}
    assert "models.qwen3-8b.revision" not in pinned


def test_a_model_of_ones_own_is_sized_by_its_config() -> None:
    config = {
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 14336,
        "vocab_size": 128256,
        "max_position_embeddings": 131072,
    }
    model = {"model": "acme/own-8b", "architecture": config, "maxModelLen": 8192}
    fit = plan(changed(DEV, models={"own": model})).models["own"].fit
    assert fit is not None
    assert fit.weights_gib == pytest.approx(14.9888, rel=0.0001)  # as vLLM logs of Llama 3.1 8B, which has this shape
    assert fit.kv_bytes_per_token == 2 * 32 * 8 * 128 * 2
