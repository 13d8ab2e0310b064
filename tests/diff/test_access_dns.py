"""Every pod asks the cluster's DNS: that is one statement, and stands behind what is special of a change."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.cli.diff import access_rows
from infra.cli.document.marked import markdown
from infra.diff.access.egress import egress
from infra.diff.access.peers import DNS
from infra.diff.access.said import Said
from infra.diff.difference import compare
from infra.sides.types import Side
from tests.diff.stacks import base, edited, side

TINY = {"model": "qwen3:0.6b", "engine": "ollama", "gpus": 0}


def test_a_model_less_and_one_more_name_the_dns_once_for_all_pods_alike() -> None:
    new = side("own", edited("own", {"models.small": None, "models.tiny": TINY}))
    difference = compare("own", base("own"), new)
    found = difference.access["egress"]
    assert found["pods of tiny"] == Said((DNS,), ())
    assert found["pods of small"] == Said((), (DNS,))
    rows = dict(access_rows.summary(difference))
    assert "169.254.20.10" not in str(rows)
    assert "kube-system" not in rows["egress"]
    assert markdown(rows["egress"]).startswith(
        "`registry.ollama.ai (download Job only)`: + qwen3:0.6b, - llama3.2:1b; "
    )
    last = [(markdown(row[1]), row[3]) for row in access_rows.each(difference) if row[0] == "egress"][-2:]
    assert last == [("`pods of small`", DNS), ("`pods of tiny`", DNS)]


@pytest.mark.parametrize(
    ("cidr", "port"), [("0.0.0.0/0", 53), ("169.254.20.10/32", 443)], ids=["another address", "another port"]
)
def test_what_is_not_the_dns_of_the_cluster_is_said_in_full(cidr: str, port: int) -> None:
    old = base("own")
    resources = [_opened(each, cidr, port) if each["name"] == "small-policy" else each for each in old.resources]
    said = egress(Side({**old.plan, "resources": resources}, old.config))["pods of small"]
    assert said == {DNS, f"to {cidr} (UDP {port})"}


def _opened(policy: Mapping[str, Any], cidr: str, port: int) -> dict[str, Any]:
    spec = policy["inputs"]["spec"]
    more = {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "UDP", "port": port}]}
    return {**policy, "inputs": {**policy["inputs"], "spec": {**spec, "egress": [*spec["egress"], more]}}}
