"""Cluster, cache, add-ons, gateway, and what remains for a person to do."""

import pytest

from infra.clouds.aws.cluster import partition_of
from infra.clouds.aws.plan import aws_cluster
from infra.plan.cluster import Quota
from infra.planning import Plan
from infra.stack_file import load_config
from tests.planning.stacks import CATALOG, DEV, LOCAL, PROD, SHARED, changed, plan

OFF = {"verticalPodAutoscaler", "dcgmExporter", "fluentBit", "karpenter", "karpenterCrd"}  # not by itself everywhere


def _to_do(result: Plan) -> dict[str, str]:
    return {note.path: note.message for note in result.to_do}


def test_defaults_of_a_cluster_that_we_make() -> None:
    result = plan(changed(DEV, cluster={"create": {}}), name="dev")
    cluster = aws_cluster(result.cluster)
    assert (cluster.name, cluster.version, len(cluster.zone_ids), cluster.cidr) == ("llm-dev", "1.35", 2, "10.0.0.0/16")
    assert not cluster.nat_per_zone
    assert cluster.autoscaler_image_tag.startswith("v1.35.")
    assert result.cache.kind == "efs"
    assert {addon.state for key, addon in result.addons.items() if key not in OFF} == {"install"}
    for path in ("version", "name", "zones", "network.cidr", "network.nat"):
        assert f"cluster.create.{path}" in result.chosen


@pytest.mark.parametrize(
    ("version", "refused", "warned"), [("1.33", True, False), ("1.34", False, True), ("1.35", False, False)]
)
def test_a_version_past_its_standard_support_is_refused(version: str, refused: bool, warned: bool) -> None:
    """Read 2026-11-01: 1.33 until 2026-07-29, 1.34 until 2026-12-02. A cluster of support type STANDARD."""
    result = plan(changed(DEV, cluster__create__version=version))
    assert [each.rule for each in result.violations] == (["Version"] if refused else [])
    assert ("cluster.create.version" in {note.path for note in result.warnings}) is warned
    for each in result.violations:
        assert "2026-07-29" in each.message
        assert '"1.35"' in each.fix


@pytest.mark.parametrize(("version", "warned"), [("1.29", True), ("1.33", False), ("1.37", True)])
def test_a_cluster_of_ones_own_is_of_any_version(version: str, warned: bool) -> None:
    """The versions that EKS supports matter only for clusters on EKS."""
    platform = changed(LOCAL, cluster={"existing": {"context": "own", "version": version}})
    settings = load_config(stack="local", platform=platform, region=None, catalog=CATALOG).settings
    assert settings.cluster.existing is not None
    assert any(note.path == "cluster.existing.version" for note in plan(platform).warnings) is warned


def test_zones_are_chosen_by_the_catalogue_alone() -> None:
    """A pool added later must not move subnets."""
    one = plan(changed(DEV, cluster={"create": {"zones": 2}}))
    other = plan(changed(DEV, cluster={"create": {"zones": 2}}, gpuPools__t4={"instanceTypes": ["g4dn.xlarge"]}))
    assert one.cluster.zone_ids == other.cluster.zone_ids
    assert one.cluster.zone_ids == ("use1-az2", "use1-az6")  # the only two that offer g7e
    assert set(one.cluster.zone_ids) <= set(CATALOG.regions["us-east-1"])


def test_three_zones_have_a_nat_gateway_each_unless_the_file_says_one() -> None:
    assert aws_cluster(plan(PROD).cluster).nat_per_zone
    zones = PROD["cluster"]["create"]["zones"]
    one = plan(changed(PROD, cluster={"create": {"zones": zones, "network": {"nat": "one"}}}))
    assert not aws_cluster(one.cluster).nat_per_zone


def test_nothing_is_installed_on_an_existing_cluster_unless_it_is_asked_for() -> None:
    result = plan(LOCAL)
    assert {addon.state for key, addon in result.addons.items() if key not in OFF} == {"existing"}
    assert {result.addons[key].state for key in OFF} == {"disabled"}
    assert (result.monitoring, result.gateway, result.models["llama-1b"].scaling) == (None, None, None)
    assert (result.cache.kind, result.cache.storage_class) == ("storageClass", None)


def test_a_default_storage_class_has_one_reader() -> None:
    model = LOCAL["models"]["llama-1b"]
    assert plan(LOCAL).cache.access_mode == "ReadWriteOnce"
    (violation,) = plan(changed(LOCAL, models={"a": model, "b": model})).violations
    assert violation.rule == "One reader"
    assert plan(changed(LOCAL, models={"a": model, "b": {**model, "paused": True}})).violations == ()
    named = changed(LOCAL, models={"a": model, "b": model}, cache={"kind": "storageClass", "storageClass": "nfs"})
    assert plan(named).violations == ()
    assert plan(named).cache.access_mode == "ReadWriteMany"


@pytest.mark.parametrize(
    ("size", "broken", "warned"),
    [
        ("10Gi", True, False),
        ("16Gi", False, True),
        ("30Gi", False, True),
        ("50Gi", False, False),
        ("1Ti", False, False),
    ],
)
def test_weights_have_to_fit_the_cache_and_a_new_revision_beside_them(size: str, broken: bool, warned: bool) -> None:
    """Qwen3-8B: 15.3 GiB."""
    result = plan(changed(SHARED, cache={"kind": "storageClass", "storageClass": "efs-sc", "size": size}))
    assert [each.rule for each in result.violations] == (["Disk"] if broken else [])
    said = [note.message for note in result.warnings if note.path == "cache.size"]
    assert bool(said) is warned
    fixes = [each.fix for each in result.violations] + [each.partition("; ")[2] for each in said]
    assert all(fix.startswith('cache.size: "50Gi"') for fix in fixes)


@pytest.mark.parametrize("kind", ["storageClass", "ebs"])
def test_the_size_that_is_chosen_holds_the_largest_model_twice(kind: str) -> None:
    """61.0 GiB of Qwen3-32B and 15.3 of Qwen3-8B."""
    models = {"a": {"model": "Qwen/Qwen3-32B"}, "b": {"model": "Qwen/Qwen3-8B"}}
    cache = {"kind": kind, **({"storageClass": "nfs"} if kind == "storageClass" else {})}
    one, both = ({name: models[name] for name in names} for names in ("a", "ab"))
    sizes = [plan(changed(DEV, gpuPools={}, models=on, cache=cache)).cache.size_gib for on in (one, both)]
    assert sizes == [200, 200]
    reason = plan(changed(DEV, gpuPools={}, models=both, cache=cache)).chosen["cache.size"].reason
    assert "61.0 for a new revision of a beside the old one" in reason


QWEN3_8B, QWEN3_4B = ({"model": f"Qwen/Qwen3-{size}B", "maxModelLen": 8192} for size in (8, 4))


@pytest.mark.parametrize(
    ("models", "gib"),
    [
        ([QWEN3_8B], 15.3),
        ([QWEN3_8B, QWEN3_8B], 15.3),
        ([QWEN3_8B, {**QWEN3_8B, "quantization": "fp8"}], 15.3),
        ([QWEN3_8B, {**QWEN3_8B, "revision": "b968826d9c46dd6066d109eabc6255188de91218"}], 30.5),
        ([QWEN3_8B, QWEN3_4B], 22.7),
        ([{**QWEN3_8B, "speculative": {"model": "Qwen/Qwen3-4B", "tokens": 3}}, QWEN3_4B], 22.7),
    ],
    ids=["one", "the same twice", "quantized at load", "another revision", "another model", "as a draft too"],
)
def test_weights_of_one_repository_and_revision_are_stored_and_billed_once(models: list[dict], gib: float) -> None:
    named = {f"m{number}": each for number, each in enumerate(models)}
    result = plan(changed(DEV, gpuPools={}, models=named, cache={"kind": "efs"}))
    assert f"; {gib} GiB of weights" in result.cache.reason
    (efs,) = [each for each in result.cost.items if each.name == "EFS"]
    assert float(efs.what.partition(" GiB of weights")[0]) == pytest.approx(gib, abs=0.6)


def test_a_new_cluster_has_no_default_storage_class() -> None:
    (violation,) = plan(changed(DEV, cache={"kind": "storageClass"})).violations
    assert (violation.rule, violation.path) == ("Storage class", "cache.storageClass")
    assert "kind: efs" in violation.fix
    assert plan(changed(DEV, cache={"kind": "storageClass", "storageClass": "fsx"})).violations == ()


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
    assert gateway.controller.name == controller
    assert (gateway.namespace is None) == (controller != "nginx")


def test_quotas_are_added_up_by_family_and_capacity() -> None:
    """6 x 8 + 3 x 48 + 3 x 4 vCPUs."""
    on_demand = Quota("L-DB2E81BA", "Running On-Demand G and VT instances", "us-east-1", 204, "vCPUs")
    spot = Quota("L-3819A6DF", "All G and VT Spot Instance Requests", "us-east-1", 16, "vCPUs")
    assert [each for each in plan(PROD).quotas if not each.system] == [on_demand]
    assert [each for each in plan(DEV).quotas if not each.system] == [spot]
    assert "L-DB2E81BA) in us-east-1: 204 vCPUs at least; new accounts have 0" in _to_do(plan(PROD))["gpuPools"]
    assert "L-3819A6DF) in us-east-1: 16 vCPUs at least; new accounts have 0" in _to_do(plan(DEV))["gpuPools"]


def test_a_gated_model_asks_for_its_licence_and_a_missing_token() -> None:
    first, later = _to_do(plan(PROD)), _to_do(plan(PROD, secrets=frozenset({"huggingFaceToken"})))
    assert "huggingface.co/meta-llama/Llama-3.1-8B-Instruct" in first["models.llama-8b.model"]
    assert first["huggingFaceToken"].startswith(
        "a token that may read llama-8b: `pulumi config set --secret huggingFaceToken -s prod`"
    )
    assert "huggingFaceToken" not in later
    assert "huggingFaceToken" not in _to_do(plan(DEV))


@pytest.mark.parametrize(
    ("secrets", "token"), [(frozenset[str](), "is not set"), (frozenset({"huggingFaceToken"}), "is set")]
)
def test_whether_weights_of_ones_own_are_private_is_unknown_and_said(secrets: frozenset[str], token: str) -> None:
    own = {"model": "acme-private/support-8b", "like": "Qwen/Qwen3-8B", "maxModelLen": 8192}
    to_do = _to_do(plan(changed(DEV, models={"chat": own}), secrets=secrets))
    assert to_do["models.chat.model"] == (
        "chat: whether huggingface.co/acme-private/support-8b is private or asks for a licence isn't known;"
        " `llm-platform model add acme-private/support-8b` finds out. If it does, huggingFaceToken"
        f" ({token}) must be one that may read it, or the download ends with 401"
    )


def test_the_domain_wants_a_certificate_and_a_dns_record() -> None:
    to_do = _to_do(plan(PROD))
    both = "llm.example.com and *.llm.example.com"
    assert f"has to cover {both}" in to_do["gateway.certificateArn"]
    assert (
        "for *.llm.example.com alone doesn't cover the URL https://llm.example.com/v1"
        in to_do["gateway.certificateArn"]
    )
    assert f"CNAME records from {both} to the stack output gateway_address" in to_do["gateway.domain"]
    assert "for *.llm.example.com alone doesn't answer for llm.example.com" in to_do["gateway.domain"]


def test_on_ones_own_servers_the_gateway_may_have_an_address_alone() -> None:
    gateway = {"domain": "llm.acme.eu", "ingressClass": "nginx", "tlsSecret": "llm-tls"}
    to_do = _to_do(plan(changed(SHARED, gateway=gateway)))
    assert "gateway_address (an A record if that is an IP address)" in to_do["gateway.domain"]
    assert "with a certificate for llm.acme.eu and *.llm.acme.eu: " in to_do["gateway.tlsSecret"]


@pytest.mark.parametrize("namespace", [None, "kube-system"])
def test_where_nginx_runs_is_assumed_unless_the_stack_file_says_it(namespace: str | None) -> None:
    gateway = {"domain": "llm.acme.eu", "ingressClass": "nginx", "tlsSecret": "llm-tls", "namespace": namespace}
    assumed = plan(changed(SHARED, gateway=gateway)).assumptions
    said = [each.message for each in assumed if "runs in namespace" in each.message]
    assert [("ingress-nginx" in each, "kube-system for the nginx that RKE2 brings" in each) for each in said] == (
        [] if namespace else [(True, True)]
    )


@pytest.mark.parametrize(
    ("ingress_class", "paths"), [("alb", 0), ("nginx", 1), ("traefik", 2)], ids=["ours", "install", "install and label"]
)
def test_a_new_cluster_has_no_other_controller_than_ours(ingress_class: str, paths: int) -> None:
    result = plan(changed(DEV, gateway={"domain": "llm.example.com", "ingressClass": ingress_class}))
    messages = [note.message for note in result.to_do if note.path == "gateway.ingressClass"]
    assert len(messages) == paths
    assert ("install" in " ".join(messages)) is (paths > 0)
    assert ("llm-platform/client=true" in " ".join(messages)) is (paths > 1)
    assert result.to_do[-1].path == "gateway.domain"


def test_admins_are_asked_for_by_the_plan_and_break_no_rule() -> None:
    made = plan(changed(PROD, cluster__create__access={}))
    (asked,) = [note.message for note in made.to_do if note.path == "cluster.create.access.admins"]
    assert "`pulumi up` stops without them" in asked
    assert 'write admins: ["arn:aws:iam::111122223333:role/platform"]' in asked
    assert made.violations == plan(PROD).violations
    assert not any("stops without them" in note.message for note in plan(PROD).to_do)


def test_to_dos_are_in_the_order_of_doing() -> None:
    paths = [note.path for note in plan(PROD).to_do if not note.message.startswith("write your own")]
    assert paths == [
        "cluster",
        "gpuPools",
        "cluster.create.systemNodes",
        "models.llama-70b.model",
        "models.llama-8b.model",
        "huggingFaceToken",
        "gateway.certificateArn",
        "gateway.domain",
    ]


def test_a_licence_is_accepted_once_for_all_its_models() -> None:
    stack = changed(PROD, models__again={"model": "meta-llama/Llama-3.1-8B-Instruct", "maxModelLen": 8192})
    licences = [note.message for note in plan(stack).to_do if "accept the licence" in note.message]
    assert len(licences) == 1
    assert licences[0].startswith("again, llama-8b: ")


def test_nodes_of_others_on_a_new_cluster_are_somebodys_to_make() -> None:
    stack = changed(SHARED, cluster={"create": {"zones": 2}}, cache={"kind": "efs"})
    result = plan(stack)
    assert "node.acme.io/pool=gpu" in _to_do(result)["gpuPools.a10g.existing"]
    assert "somebody else makes" in result.cost.left_out
    assert "gpuPools.a10g.existing" not in _to_do(plan(SHARED))


def test_the_zones_of_ones_own_subnets_are_not_guessed() -> None:
    network = {"vpcId": "vpc-0ab1cd23", "privateSubnetIds": ["subnet-0a1b2c3d", "subnet-0b1b2c3d"]}
    (violation,) = plan(changed(DEV, cluster__create__network=network)).violations
    assert (violation.rule, violation.path) == ("Zones", "cluster.create.zones")
    zones = ["use1-az1", "use1-az2"]
    assert plan(changed(DEV, cluster={"create": {"zones": zones, "network": network}})).violations == ()


def _warned(result: Plan, path: str) -> str:
    return " ".join(note.message for note in result.warnings if note.path == path)


@pytest.mark.parametrize(
    ("cidrs", "said"),
    [
        ([], "access.apiFrom: [your own CIDR]"),
        (["0.0.0.0/0"], "the whole internet"),
        (["203.0.113.0/24"], ""),
        (["10.1.0.0/16"], "so nobody reaches the public endpoint. Write apiFrom: ["),
        (["203.0.113.0/24", "172.31.4.0/24"], "172.31.4.0/24: private addresses, which never arrive there"),
        (["192.168.0.0/16", "100.64.0.0/10"], "192.168.0.0/16, 100.64.0.0/10: private addresses"),
        (["172.32.0.0/16", "100.128.0.0/16"], ""),
    ],
)
def test_who_reaches_the_api_of_a_new_cluster(cidrs: list[str], said: str) -> None:
    warned = _warned(plan(changed(DEV, cluster__create__access={"apiFrom": cidrs})), "cluster.create.access.apiFrom")
    assert said in warned
    assert bool(said) is bool(warned)


@pytest.mark.parametrize(("expose", "warned"), [("public", True), ("internal", False)])
def test_private_addresses_never_reach_a_public_gateway(expose: str, warned: bool) -> None:
    inbound = {"expose": expose, "clients": {"web": {}}, "inboundCidrs": ["18.2.3.0/24", "10.0.0.0/8"]}
    stack = changed(PROD, **{f"gateway__{key}": value for key, value in inbound.items()})
    message = _warned(plan(stack), "gateway.inboundCidrs")
    assert ("10.0.0.0/8: private addresses" in message and "expose: internal" in message) is warned


@pytest.mark.parametrize(
    ("cidrs", "reach", "nobody"),
    [
        ([], "the whole internet reaches the models", False),
        (["18.2.3.0/24"], "public: 18.2.3.0/24 reaches the models", False),
        (["18.2.3.0/24", "18.2.4.0/24", "10.0.0.0/8"], "public: 18.2.3.0/24, 18.2.4.0/24 reach the models", False),
        (["192.168.0.0/16"], "", True),
    ],
)
def test_who_reaches_a_public_gateway_is_said_without_those_who_never_do(
    cidrs: list[str], reach: str, nobody: bool
) -> None:
    result = plan(changed(PROD, gateway__expose="public", gateway__clients={"web": {}}, gateway__inboundCidrs=cidrs))
    message = _warned(result, "gateway.expose")
    assert (reach in message and bool(message)) is bool(reach)
    assert ("so nobody outside reaches the models" in _warned(result, "gateway.inboundCidrs")) is nobody


def test_a_gateway_without_tls_is_warned_of() -> None:
    result = plan(changed(DEV, gateway={"domain": "llm.example.com"}))
    assert "cross the network unencrypted" in _warned(result, "gateway.certificateArn")
    assert not _warned(plan(PROD), "gateway.certificateArn") + _warned(plan(PROD), "gateway")


def test_the_old_name_of_expose_means_the_same_for_one_release() -> None:
    old = plan(changed(PROD, gateway__visibility="internal"))
    assert "write expose: internal" in _warned(old, "gateway.visibility")
    assert old.gateway == plan(changed(PROD, gateway__expose="internal")).gateway == plan(PROD).gateway


@pytest.mark.parametrize(("seconds", "warned"), [(300, False), (900, True)])
def test_an_answer_that_outlasts_an_update_of_the_nodes_is_warned_of(seconds: int, warned: bool) -> None:
    assert bool(_warned(plan(changed(PROD, gateway__timeoutSeconds=seconds)), "gateway.timeoutSeconds")) is warned


def test_raising_a_minimum_of_nodes_has_a_step_before() -> None:
    one = plan(changed(DEV, gpuPools__l4__min=1))
    assert "desiredSize=1 --cluster-name llm-prod" in _warned(one, "gpuPools.l4.min")
    assert not _warned(plan(DEV), "gpuPools.l4.min")


def test_a_volume_of_one_node_makes_a_download_wait() -> None:
    assert "paused: true" in _warned(plan(changed(DEV, cache={"kind": "ebs"})), "cache")
    assert not _warned(plan(DEV), "cache")


def test_a_pool_in_one_zone_says_whether_the_volume_or_the_type_is() -> None:
    assert "the cache's volume" in _warned(plan(changed(DEV, cache={"kind": "ebs"})), "gpuPools.l4.instanceTypes")
    assert not _warned(plan(DEV), "gpuPools.l4.instanceTypes")


def test_a_paused_model_is_not_asked_how_much_it_should_hold() -> None:
    paused = plan(changed(DEV, gpuPools={}, models__qwen3_8b__paused=True))
    assert not _warned(paused, "models.qwen3-8b.concurrency") + _warned(paused, "gpuPools.g6-xlarge")
    assert "unpausing" in paused.chosen["gpuPools.g6-xlarge.max"].reason
    assert _warned(plan(changed(DEV, gpuPools__t4={"instanceTypes": ["g4dn.xlarge"]})), "gpuPools.t4")


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


def test_what_is_allowed_is_warned_of_until_it_is_taken_out() -> None:
    result = plan(changed(DEV, allow={"replace": ["cluster"], "remove": ["l4", "t4"]}))
    assert _warned(result, "allow.replace") == "any change may replace cluster until this is taken out"
    assert "any change may remove l4" in _warned(result, "allow.remove")
    assert "spent once t4 is gone" in _warned(result, "allow.remove")


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-central-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        (None, "aws"),
    ],
)
def test_a_region_is_in_a_partition(region: str | None, partition: str) -> None:
    assert partition_of(region) == partition


def test_gpus_are_measured_on_a_new_cluster_where_something_reads_it() -> None:
    quiet = changed(PROD, models__llama_8b__replicas=1, models__llama_70b__replicas=1)
    assert plan(PROD).addons["dcgmExporter"].state == "install"
    none = {"prometheus": "disabled", "keda": "disabled"}
    assert plan(changed(quiet, addons=none)).addons["dcgmExporter"].state == "disabled"
