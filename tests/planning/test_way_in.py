"""What the plan says about access from outside: who reaches the load balancer, and what a foreign namespace lacks."""

from typing import Any

import pytest

from infra.planning import Plan
from infra.services.access.namespace import namespace_labels
from infra.services.gateway.report import gateway_tables
from tests.planning.stacks import LOCAL, PROD, SHARED, changed, plan

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5f0c0000-0000-4000-8000-000000000002"
WEB_ACL = "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c"


ALB = {"certificateArn": CERTIFICATE}


def _public(**gateway: Any) -> list[str]:
    stack = changed(PROD, gateway={"domain": "llm.acme.io", "expose": "public", "clients": {"web": {}}, **gateway})
    return [note.message for note in plan(stack).warnings if note.path == "gateway.expose"]


@pytest.mark.parametrize(
    ("gateway", "says", "proposes"),
    [
        (ALB, "the whole internet reaches the models, and only a client's key protects them", {"inbound", "waf"}),
        (
            {**ALB, "inboundCidrs": ["93.184.216.0/24"]},
            "93.184.216.0/24 reaches the models, and only a client's key",
            {"waf"},
        ),
        ({**ALB, "wafAclArn": WEB_ACL}, "the whole internet reaches the models, and a client's key and a", {"inbound"}),
        (
            {**ALB, "inboundCidrs": ["93.184.216.0/24"], "wafAclArn": WEB_ACL},
            "93.184.216.0/24 reaches the models",
            set[str](),
        ),
        (
            {"ingressClass": "nginx", "tlsSecret": "tls"},
            "public: the controller of class nginx decides from where the models are reached, not this key: `kubectl"
            " get service -n ingress-nginx` shows its EXTERNAL-IP, and where that is a public address the whole",
            set[str](),
        ),
    ],
)
def test_a_public_gateway_is_a_warning_that_names_what_is_missing(
    gateway: dict[str, Any], says: str, proposes: set[str]
) -> None:
    (warning,) = _public(**gateway)
    assert says in warning
    assert {key for key in ("inbound", "waf") if f"gateway.{key}" in warning} == proposes


DIRECT = {"domain": "llm.acme.io", "loadBalancer": True, "tlsSecret": "tls"}


def test_a_load_balancer_service_has_its_certificates_command_and_no_ingress() -> None:
    result = plan(changed(LOCAL, gateway=DIRECT))
    (secret,) = [each.message for each in result.to_do if each.path == "gateway.tlsSecret"]
    assert "`kubectl --context kind-llm create secret tls tls -n llm --cert=FILE --key=FILE`" in secret
    assert "once `pulumi up` has made the namespace llm" in secret, "it refuses one that is there already"
    there = plan(changed(LOCAL, gateway=DIRECT, namespace__create=False))
    assert "once `pulumi up`" not in next(each.message for each in there.to_do if each.path == "gateway.tlsSecret")
    assert "gateway.ingressClass" not in {*result.chosen, *(each.path for each in result.to_do)}
    (assumed,) = [each.message for each in result.assumptions if each.path == "gateway.loadBalancer"]
    assert "MetalLB" in assumed


@pytest.mark.parametrize(("expose", "warned"), [("internal", True), ("public", False)])
def test_an_internal_load_balancer_service_is_warned_of_where_a_cloud_may_make_a_public_one(
    expose: str, warned: bool
) -> None:
    result = plan(changed(LOCAL, gateway={**DIRECT, "expose": expose, "clients": {"web": {}}}))
    assert ("gateway.loadBalancer" in {each.path for each in result.warnings}) is warned


@pytest.mark.parametrize(
    ("gateway", "look"),
    [
        ({"ingressClass": "nginx"}, "get service -n ingress-nginx"),
        ({"ingressClass": "nginx", "namespace": "kube-system"}, "get service -n kube-system"),
        ({"ingressClass": "haproxy"}, "get service -A"),
    ],
)
def test_the_class_decides_from_where_an_internal_gateway_is_reached(gateway: dict[str, Any], look: str) -> None:
    result = plan(changed(LOCAL, gateway={"domain": "llm.acme.io", "tlsSecret": "tls", **gateway}))
    (assumed,) = [note.message for note in result.assumptions if note.path == "gateway.expose"]
    assert assumed.startswith(f"internal: the controller of class {gateway['ingressClass']} decides")
    assert f"`kubectl --context kind-llm {look}`" in assumed
    table = next(iter(gateway_tables(result)))
    assert table.rows[0] == ("https://llm.acme.io/v1", f"class {gateway['ingressClass']} decides (expose: internal)")


def test_a_controller_whose_namespace_is_given_needs_no_label() -> None:
    gateway = {"domain": "llm.acme.io", "tlsSecret": "tls", "ingressClass": "traefik"}
    for given, asked in ((gateway, True), ({**gateway, "namespace": "traefik"}, False)):
        to_do = [note.message for note in plan(changed(LOCAL, gateway=given)).to_do]
        assert any(each.startswith("put the label llm-platform/client=true") for each in to_do) is asked


def test_an_internal_gateway_is_no_warning() -> None:
    assert "gateway.expose" not in {note.path for note in plan(PROD).warnings}


def _commands(result: Plan) -> list[str]:
    """The kubectl commands among the to-dos."""
    return [note.message.split("`")[1] for note in result.to_do if note.path.startswith("namespace.")]


def test_what_a_namespace_of_ours_would_carry_is_asked_for_in_one_of_others() -> None:
    theirs = {"name": "team-llm", "create": False}
    on_alb = plan(changed(PROD, namespace=theirs))
    label = "kubectl label namespace team-llm"
    assert _commands(on_alb) == [
        "kubectl create namespace team-llm",
        f"{label} pod-security.kubernetes.io/enforce=restricted",
        f"{label} elbv2.k8s.aws/pod-readiness-gate-inject=enabled",
    ]
    assert [command for command in _commands(on_alb) if " label " in command] == [
        f"{label} {key}={value}" for key, value in namespace_labels(on_alb.gateway).items()
    ]
    assert _commands(plan(changed(SHARED, namespace=theirs))) == _commands(on_alb)[:2]  # no ALB, no readiness gate
    assert _commands(plan(PROD)) == []


def test_each_command_is_for_the_context_of_the_stack_file() -> None:
    """The current one may be another cluster's."""
    nodes = {"gpu": "L4", "nodes": 2, "selector": {"pool": "gpu"}}
    addons = {
        "nvidiaDevicePlugin": "install",
        "keda": "existing",
        "prometheus": {"existing": {"url": "https://p.acme.io", "auth": {"basicSecret": {"name": "p"}}}},
    }
    stack: dict[str, Any] = {
        "cluster": {"existing": {"context": "own gpu"}},
        "namespace": {"name": "team-llm", "create": False},
        "gpuPools": {"gpu": {"existing": nodes}},
        "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "replicas": {"min": 1, "max": 2}}},
        "addons": addons,
        "cache": {"kind": "storageClass", "storageClass": "nfs", "size": "50Gi"},
    }
    said = [note.message for note in plan(stack).to_do if "kubectl " in note.message]
    assert len(said) >= 6
    for message in said:
        assert message.count("kubectl ") == message.count("`kubectl --context 'own gpu' ")


def test_a_shared_cluster_with_a_namespace_of_others_gets_the_label_that_a_rollout_needs() -> None:
    shared: dict[str, Any] = {
        "cluster": {"existing": {"eks": "shared-cluster"}},
        "namespace": {"name": "team-llm", "create": False},
        "gpuPools": {"gpu": {"existing": {"gpu": "L4", "gpusPerNode": 1, "selector": {"pool": "gpu"}}, "max": 3}},
        "models": {"chat": {"model": "Qwen/Qwen3-8B", "maxModelLen": 8192, "concurrency": 4, "replicas": 2}},
        "cache": {"kind": "storageClass", "storageClass": "efs-sc", "size": "50Gi"},
        "gateway": {"domain": "llm.acme.io", "certificateArn": CERTIFICATE},
    }
    asked = [note.message for note in plan(shared).to_do if note.path == "namespace.create"]
    gate = "`kubectl label namespace team-llm elbv2.k8s.aws/pod-readiness-gate-inject=enabled`"
    assert [message for message in asked if message.startswith(gate) and "502" in message]


def test_the_bill_says_that_the_price_of_a_web_acl_is_not_in_it() -> None:
    with_acl = plan(changed(PROD, gateway__wafAclArn=WEB_ACL))
    assert "the web ACL" in with_acl.cost.left_out
    assert "the web ACL" not in plan(PROD).cost.left_out
