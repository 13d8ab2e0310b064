"""Who owns the namespaces of KEDA and Prometheus: only the stack's own are deleted with it."""

from typing import Any

import pytest

from infra.clouds.existing.cloud import EXISTING
from infra.live import Namespaces, look
from infra.live.namespaces import read_namespaces, unread_namespaces
from infra.live.state import Held, State
from tests.example_stacks import plan_text, text
from tests.live.machine import FIRST, RELEASE, STACK, Machine, held, record

pytestmark = pytest.mark.programs

NAMESPACE = "kubernetes:core/v1:Namespace"
OURS = held(RELEASE, "addons-keda", name="keda", namespace="keda")
MADE_WITH_IT = "2026-11-26T06:31:00Z"  # FIRST, in UTC
MADE_BEFORE = "2026-11-25T06:31:00Z"


def namespaces(machine: Machine) -> Namespaces:
    return look(plan_text("local", STACK).plan, EXISTING, "local").namespaces


def there(machine: Machine, created: str, labels: dict[str, str]) -> None:
    metadata = {"name": "keda", "creationTimestamp": created, "labels": labels}
    machine.answer(["get", "namespace", "keda"], {"metadata": metadata})


def test_one_that_is_not_there_is_made(machine: Machine) -> None:
    assert namespaces(machine) == Namespaces()


@pytest.mark.parametrize(
    ("created", "labels", "adopted"),
    [
        (MADE_WITH_IT, {"name": "keda"}, True),
        (MADE_WITH_IT, {}, False),  # Helm labels what it makes
        (MADE_BEFORE, {"name": "keda"}, False),
    ],
)
def test_one_that_helm_made_for_a_release_of_the_stack_is_adopted(
    machine: Machine, created: str, labels: dict[str, str], adopted: bool
) -> None:
    assert FIRST.startswith("2026-11-26T07:31:00")
    there(machine, created, labels)
    machine.state(OURS)
    machine.answer(["secrets", "owner=helm,name=keda"], {"items": [record("keda", "keda", "1", "deployed", {})]})
    of_others = frozenset[str]() if adopted else frozenset({"keda"})
    assert namespaces(machine) == Namespaces(frozenset({"keda"}) - of_others, of_others)


def test_one_of_somebody_else_is_only_used(machine: Machine) -> None:
    there(machine, MADE_BEFORE, {"name": "keda"})
    assert namespaces(machine) == Namespaces(of_others=frozenset({"keda"}))


def test_one_that_the_state_holds_is_the_stacks_own(machine: Machine) -> None:
    there(machine, MADE_BEFORE, {})
    machine.state(OURS, held(NAMESPACE, "addons-keda-namespace", metadata={"name": "keda"}))
    assert namespaces(machine) == Namespaces()


@pytest.mark.parametrize(("state", "of_others"), [((OURS,), {"keda"}), ((), set[str]())])
def test_without_a_cluster_to_read_a_release_stays_where_it_is(
    machine: Machine, state: tuple[Any, ...], of_others: set[str]
) -> None:
    machine.state(*state)
    machine.answer(["kubectl"], {"fails": "Unable to connect to the server"})
    assert namespaces(machine) == Namespaces(of_others=frozenset(of_others))


GATEWAY = "gateway: {clients: {web: {namespace: shop}, app: {namespace: app}, here: {}}}"
MADE_HERE = f"{text('dev').rstrip()}\n    {GATEWAY}\n"


class Cluster:
    """One with only the namespace of `app`."""

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        assert kind == "namespace"
        return {"metadata": {"name": name}} if name == "app" else None


def test_a_namespace_of_a_client_that_is_not_there_yet_is_missing() -> None:
    cluster: Any = Cluster()
    assert read_namespaces(plan_text("dev", MADE_HERE).plan, State(), cluster).missing == {"shop"}


def test_where_the_cluster_can_not_be_read_one_with_a_secret_of_the_stack_is_there() -> None:
    plan = plan_text("dev", MADE_HERE).plan
    secret = Held("urn", "kubernetes:core/v1:Secret", "", {"metadata": {"name": "llm-client-web", "namespace": "shop"}})
    assert unread_namespaces(plan, State()).missing == {"app", "shop"}
    assert unread_namespaces(plan, State((secret,))).missing == {"app"}


def test_on_a_cluster_that_exists_no_namespace_of_a_client_is_needed() -> None:
    cluster: Any = Cluster()
    plan = plan_text("local", f"{STACK.rstrip()}\n    {GATEWAY}\n").plan
    assert read_namespaces(plan, State(), cluster).missing == frozenset()
