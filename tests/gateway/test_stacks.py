"""Envoy takes the files of every stack: it refuses a field that its API doesn't have, and warns of one that goes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.clusters import clusters
from infra.services.gateway.envoy.held import NOBODY
from infra.services.gateway.watches import watched
from tests.example_stacks import ALL_STACKS, plan_text, planned, text
from tests.gateway.running import place_in, running

_SERVICE = "kubernetes:core/v1:Service"


@pytest.mark.programs
@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_file_of_a_stack_is_put_in_force(stack: str, tmp_path: Path) -> None:
    with running(_here(planned(stack).plan.traffic), place_in(tmp_path, full_names=True)) as gateway:
        updates = gateway.stats("update_(success|rejected)$")
        stats = {name: value for name, value in updates.items() if not name.startswith("cluster.")}  # those are of DNS
        refused = {name: value for name, value in stats.items() if name.endswith("update_rejected") and value}
        taken = {name for name, value in stats.items() if name.endswith("update_success") and value}
        assert refused == {}
        assert len(taken) == watched(gateway.plan)
        assert gateway.inotify_instances() == watched(gateway.plan), "the plan says how many a node needs"
        assert "eprecated" not in (tmp_path / "log").read_text()


def test_no_server_is_asked_by_an_address_that_stays_when_its_pods_go() -> None:
    """What a network does with a Service without pods differs: some refuse, some let a caller wait."""
    length = "        maxModelLen: 8192\n"
    slept = text("dev").replace(length, f"{length}        replicas: {{min: 0, max: 1}}\n", 1)
    made = plan_text("dev", slept)
    services = {each.inputs["metadata"]["name"]: each.inputs["spec"] for each in made.recording.of(_SERVICE)}
    servers = made.plan.traffic.servers
    assert any(each.held_seconds for each in servers)
    assert {services[each.host.partition(".")[0]]["clusterIP"] for each in servers} == {"None"}
    found: list[Any] = list(clusters(made.plan.traffic))
    (nobody,) = (each for each in found if each["name"] == NOBODY)
    (place,) = nobody["load_assignment"]["endpoints"][0]["lb_endpoints"]
    assert place["endpoint"]["address"]["socket_address"]["address"] == "127.0.0.1"


def _here(traffic: TrafficPlan) -> TrafficPlan:
    """Names of a cluster mean nothing here, and would have to be asked for. A certificate is in test_tls."""
    there = {name: replace(each, host="127.0.0.1") for name, each in traffic.upstreams.items()}
    hosted = {name: replace(each, host="localhost") for name, each in traffic.externals.items()}
    return replace(traffic, upstreams=there, externals=hosted, tls_secret=None)
