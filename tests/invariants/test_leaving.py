"""Rule 7 finds every way out of the network that the stack file doesn't name."""

from typing import Any

import pytest

from tests.invariants.breaking import ABSENT, Break, caught

RULE = "7 leaving"
POLICY, FILES = "NetworkPolicy gateway-proxy-network-policy", "ConfigMap gateway-proxy-files-a"
ANYWHERE = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]}
ELSEWHERE = "inputs spec egress 2"


def _other_host(text: Any) -> Any:
    return text.replace("api.example.net", "evil.example.net")


BREAKS = [
    Break(RULE, "prod", POLICY, "inputs spec egress", lambda old: [*old, ANYWHERE], "may send to"),
    Break(RULE, "prod", POLICY, "inputs spec egress", lambda old: [*old, {}], "may send to anywhere"),
    Break(RULE, "prod", POLICY, "inputs spec policyTypes", ["Ingress"], "no NetworkPolicy keeps it"),
    Break(RULE, "prod", POLICY, "inputs spec egress 1 to 0", {"podSelector": {}}, "may send to"),
    Break(
        RULE,
        "prod",
        FILES,
        "inputs data clusters.json",
        lambda old: old.replace(".svc.cluster.local", ""),
        "Envoy knows",
    ),
    Break(RULE, "elsewhere", POLICY, f"{ELSEWHERE} ports 0 port", 22, "may send to"),
    Break(RULE, "elsewhere", POLICY, f"{ELSEWHERE} ports", ABSENT, "may send to"),
    Break(RULE, "elsewhere", POLICY, f"{ELSEWHERE} to 0 ipBlock except", [], "the credentials of its node"),
    Break(RULE, "elsewhere", FILES, "inputs data clusters.json", _other_host, "Envoy knows evil.example.net:443"),
]


@pytest.mark.parametrize("change", BREAKS, ids=str)
def test_a_broken_stack_is_found(change: Break) -> None:
    caught(change)
