"""`models.NAME.affinity`: requests that have something in common go to one replica."""

import json
from typing import Any

import pytest

from infra.plan.gateway import SESSION
from infra.planning import Plan
from infra.services.gateway.envoy.files import files
from infra.services.gateway.envoy.place import in_pod
from infra.services.gateway.report import gateway_tables
from tests.planning.stacks import PROD, changed, plan

MODELS: dict[str, Any] = PROD["models"]


def _with(**other: Any) -> Plan:
    return plan(changed(PROD, models__llama_8b={**MODELS["llama-8b"], **other}))


@pytest.mark.parametrize(("mark", "said"), [("user", "`user` of the body"), ("session", f"the header {SESSION}")])
def test_the_plan_says_what_decides(mark: str, said: str) -> None:
    found = _with(affinity=mark)
    (table,) = [each for each in gateway_tables(found) if each.title == "AFFINITY"]
    assert table.rows == (("llama-8b", said),)


def test_it_has_no_effect_on_one_replica() -> None:
    found = {each.path for each in _with(affinity="user", replicas=1).warnings}
    assert "models.llama-8b.affinity" in found
    assert "models.llama-8b.affinity" not in {each.path for each in _with(affinity="user").warnings}


def test_the_next_version_has_the_same() -> None:
    found = _with(affinity="session", next={"maxModelLen": 4096}, rollout={"strategy": "canary", "weight": 5})
    assert [each.affinity for each in found.traffic.servers if "llama-8b" in each.names] == ["session", "session"]


def test_by_default_the_one_with_few_requests_answers() -> None:
    found = plan(changed(PROD))
    written = json.dumps(dict(files(found.traffic, in_pod("llm"))))
    assert [each.title for each in gateway_tables(found) if each.title == "AFFINITY"] == []
    assert not [each for each in ("MAGLEV", "hash_policy", "set_filter_state") if each in written]
