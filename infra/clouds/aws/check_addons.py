"""Rules for add-ons that only AWS has."""

from infra.clouds.aws.check_gateway import uses_alb
from infra.services.addons.check import install_it, state_of
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key


def check_addons(scope: Scope) -> None:
    addons = scope.settings.addons
    for name, addon in (
        ("clusterAutoscaler", addons.cluster_autoscaler),
        ("loadBalancerController", addons.load_balancer_controller),
    ):
        key: Key = ("addons", name)
        state = state_of(scope, name, addon)
        if state == "install" and not scope.on_aws:
            got = "works on EKS only, and the cluster is a kubeconfig context"
            scope.report.wrong(key, got, f"leave {name} out", reads=CLUSTER_KIND)
        if state == "disabled" and name == "loadBalancerController" and uses_alb(scope):
            write = install_it(scope, name)
            reads: list[Key] = [("gateway", "ingressClass"), *CLUSTER_KIND]
            scope.report.wrong(key, "disabled, and the gateway is an ALB", write, reads=reads)
