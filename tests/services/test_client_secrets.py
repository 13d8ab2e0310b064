"""Where the keys of clients are put, and what is left to a person."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from infra.clouds.site import Site
from infra.offline import plan_offline
from infra.plan.cluster import ClusterPlan
from infra.plan.gateway import ClientPlan
from infra.plan.notes import Step, ToDo
from infra.recording import Recording
from infra.services.access.client_secrets import copy_command, list_client_to_dos, secrets_of
from infra.services.access.make import make_client_keys
from tests.components.examples import run
from tests.conftest import STACKS

CLIENT = ClientPlan(
    name="web",
    team="shop",
    models=("tiny",),
    namespace="shop",
    requests_per_minute=60,
    concurrent_requests=4,
    tokens_per_minute=None,
    keys=(1, 2),
)
MADE = ClusterPlan(kind="a", name="a", version="1.35", region=None, made=True)
EXISTS = replace(MADE, made=False, context="kind-llm")


def to_dos(*clients: ClientPlan, cluster: ClusterPlan) -> list[ToDo]:
    return [each for each in list_client_to_dos(clients, "llm", cluster) if isinstance(each, ToDo)]


def test_on_a_cluster_that_the_stack_makes_both_namespaces_get_the_secret() -> None:
    assert set(secrets_of(CLIENT, "llm", MADE, ()).values()) == {"llm", "shop"}
    assert [each.step for each in to_dos(CLIENT, cluster=MADE)] == [Step.CLIENT_NAMESPACES]


def test_on_a_cluster_that_exists_the_second_one_is_left_to_a_person() -> None:
    assert list(secrets_of(CLIENT, "llm", EXISTS, ()).values()) == ["llm"]
    (label, copy) = to_dos(CLIENT, cluster=EXISTS)
    assert "kubectl --context kind-llm label namespace shop llm-platform/client=true" in label.message
    assert copy_command(CLIENT, "llm", "shop", EXISTS) in copy.message


def test_a_namespace_that_is_not_there_yet_gets_nothing() -> None:
    assert list(secrets_of(CLIENT, "llm", MADE, {"shop"}).values()) == ["llm"]


def test_a_client_of_the_models_namespace_or_of_none_has_nothing_to_do() -> None:
    for namespace in ("llm", None):
        client = replace(CLIENT, namespace=namespace)
        assert list(secrets_of(client, "llm", EXISTS, ()).values()) == ["llm"]
        assert to_dos(client, cluster=EXISTS) == []


def test_a_namespace_of_two_clients_is_labelled_once() -> None:
    steps = [each.step for each in to_dos(CLIENT, replace(CLIENT, name="batch"), cluster=EXISTS)]
    assert steps == [Step.CLIENT_NAMESPACES, Step.CLIENT_SECRETS, Step.CLIENT_SECRETS]


@pytest.mark.programs
def test_the_command_copies_the_newest_key_and_shows_it_nowhere(tmp_path: Path) -> None:
    """kubectl as far as the command needs it: it prints the data of a Secret, and takes an object on stdin."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(
        """#!/bin/sh
echo "$@" >> called
case "$*" in *apply*) cat > applied ;; *) printf %s '{"OPENAI_API_KEY":"YQ=="}' ;; esac
"""
    )
    kubectl.chmod(0o755)
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = copy_command(CLIENT, "llm", "shop", EXISTS)
    shown = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=path, capture_output=True, text=True, check=True)
    applied = json.loads((tmp_path / "applied").read_text())
    assert applied == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "llm-client-web"},
        "data": {"OPENAI_API_KEY": "YQ=="},
    }
    called = (tmp_path / "called").read_text()
    assert "YQ==" not in shown.stdout + shown.stderr + called
    assert called.count("-n llm") == called.count("-n shop") == 1


def keys_of(clients: dict[str, ClientPlan], given: dict[str, str]) -> Recording:
    plan = plan_offline(STACKS / "Pulumi.local.yaml").plan

    def program(opts: pulumi.ResourceOptions) -> None:
        secrets = {name: pulumi.Output.secret(value) for name, value in given.items()}
        made: Any = make_client_keys(
            plan, clients, Site(opts), api_key=pulumi.Output.secret("old"), given=secrets.get, after=[]
        )
        for name, each in made.items():
            pulumi.export(name, each.keys)

    return run(program)


def random_keys(recording: Recording) -> list[str]:
    return [each.name for each in recording.of("random:index/randomPassword:RandomPassword")]


def test_a_key_is_given_where_the_stack_has_one_and_random_elsewhere() -> None:
    assert random_keys(keys_of({"web": CLIENT}, {})) == ["client-web-key-1", "client-web-key-2"]
    recording = keys_of({"web": CLIENT}, {"clientKey-web-2": "canary-of-a-test"})
    assert random_keys(recording) == ["client-web-key-1"]
    assert "canary" not in str(recording)


def test_the_first_key_of_the_default_client_is_the_api_key() -> None:
    client = replace(CLIENT, name="default")
    assert random_keys(keys_of({"default": client}, {})) == ["client-default-key-2"]


def test_another_client_changes_no_resource_of_the_first() -> None:
    one = keys_of({"web": CLIENT}, {})
    two = keys_of({"batch": replace(CLIENT, name="batch"), "web": CLIENT}, {})
    assert [each for each in two.resources if "client-web" in each.urn] == [
        each for each in one.resources if "client-web" in each.urn
    ]
