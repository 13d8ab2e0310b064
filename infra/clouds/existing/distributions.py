"""Kubernetes distributions on own servers, where their differences decide what a stack needs.

OpenShift: docs.redhat.com, Managing security context constraints; Route-specific annotations; About network policy
(read 2026-11). RuntimeClass nvidia: k3s-io/k3s, manifests/runtimes.yaml and issue 8700 (there whatever the nodes have);
RKE2's chart rke2-runtimeclasses; operator.runtimeClass of NVIDIA's GPU operator (read 2026-11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from infra.plan.cluster import ClusterPlan
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.way_in import IngressController
from infra.settings.platform import Settings


@dataclass(frozen=True)
class Distribution:
    title: str
    # Of NVIDIA's runtime, which its containerd has in addition to the default one; that one sees no GPU.
    runtime_class: str | None = None
    controllers: Mapping[str, IngressController] = field(default_factory=dict)  # that it may bring, by ingress class

    @property
    def controller(self) -> IngressController | None:
        """The controller that it surely brings: RKE2's depends on its version."""
        return next(iter(self.controllers.values())) if len(self.controllers) == 1 else None


def _brought(name: str, by: str, namespace: str) -> dict[str, IngressController]:
    return {name: IngressController(name=name, why=f"{by} brings it", namespace=namespace)}


OPENSHIFT_ROUTER = IngressController(
    name="openshift-default",
    why="OpenShift's router serves it",
    title="OpenShift's router",
    reports_address=False,
    # It may run in the network of its nodes, as it does by default on bare metal: no namespace's name stands for that.
    sends_from={"policy-group.network.openshift.io/ingress": ""},
)
DISTRIBUTIONS: Mapping[str, Distribution] = {
    "kubeadm": Distribution("kubeadm"),
    "k3s": Distribution("k3s", "nvidia", _brought("traefik", "k3s", "kube-system")),
    "rke2": Distribution(
        "RKE2", "nvidia", {**_brought("nginx", "RKE2", "kube-system"), **_brought("traefik", "RKE2", "kube-system")}
    ),
    "openshift": Distribution("OpenShift", controllers={OPENSHIFT_ROUTER.name: OPENSHIFT_ROUTER}),
}


def distribution_of(settings: Settings) -> Distribution | None:
    """None: the stack file doesn't say, or the cluster isn't one that exists."""
    existing = settings.cluster.existing
    return DISTRIBUTIONS[existing.distribution] if existing is not None and existing.distribution else None


def let_pods_run(settings: Settings, cluster: ClusterPlan) -> Iterator[Finding]:
    """OpenShift gives pods a user id of the namespace's range, and refuses pods that name another (restricted-v2). The
    platform's pods name one, because the files of the weights belong to it."""
    existing = settings.cluster.existing
    if existing is None or existing.distribution != "openshift":
        return
    group, role = f"system:serviceaccounts:{settings.namespace.name}", "system:openshift:scc:nonroot-v2"
    yield ToDo(
        "cluster.existing.distribution",
        f"OpenShift refuses pods that name their user id, as the platform's do (2000), unless their namespace may use"
        f" the security context constraints nonroot-v2: `{cluster.kubectl} create clusterrolebinding"
        f" {settings.namespace.name}-nonroot-v2 --clusterrole={role} --group={group}`",
        Step.NAMESPACE,
    )
