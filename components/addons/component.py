"""The add-ons that a stack installs."""

from collections.abc import Collection, Sequence

import pulumi
import pulumi_kubernetes as k8s

from components.addons.cluster_autoscaler import ClusterAutoscaler, install_cluster_autoscaler
from components.addons.keda import NAMESPACE as KEDA_NAMESPACE
from components.addons.keda import install_keda
from components.addons.load_balancer_controller import LoadBalancerController, install_load_balancer_controller
from components.addons.metrics_server import install_metrics_server
from components.addons.nvidia_device_plugin import NvidiaDevicePlugin, install_nvidia_device_plugin
from components.addons.prometheus import NAMESPACE as PROMETHEUS_NAMESPACE
from components.addons.prometheus import install_prometheus
from components.chart import Chart


class Addons(pulumi.ComponentResource):
    """Each add-on that is given gets installed; None is one that exists already or isn't wanted.

    What uses an add-on depends on its release, so that it is there first and goes last. Those that talk to AWS take the
    AWS provider from among the component's providers.
    """

    nvidia_device_plugin: k8s.helm.v3.Release | None = None
    metrics_server: k8s.helm.v3.Release | None = None
    keda: k8s.helm.v3.Release | None = None
    prometheus: k8s.helm.v3.Release | None = None
    cluster_autoscaler: k8s.helm.v3.Release | None = None
    load_balancer_controller: k8s.helm.v3.Release | None = None

    def __init__(
        self,
        name: str,
        *,
        mirror: str | None,
        nvidia_device_plugin: NvidiaDevicePlugin | None = None,
        metrics_server: Chart | None = None,
        keda: Chart | None = None,
        prometheus: Chart | None = None,
        cluster_autoscaler: ClusterAutoscaler | None = None,
        load_balancer_controller: LoadBalancerController | None = None,
        adopted_namespaces: Collection[str] = (),
        namespaces_of_others: Collection[str] = (),
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`mirror`: a folder or URL with copies of the charts. `depends_on`: the nodes that the pods need.

        The namespaces of KEDA and Prometheus are made, or taken over where Helm made them for an earlier release of
        this stack. One of somebody else is only used, and so stays.
        """
        super().__init__("llm:kubernetes:Addons", name, None, opts)
        waiting = pulumi.ResourceOptions(parent=self, depends_on=list(depends_on))

        def within(namespace: str, role: str) -> pulumi.ResourceOptions:
            if namespace in namespaces_of_others:
                return waiting
            made = k8s.core.v1.Namespace(
                f"{name}-{role}-namespace",
                metadata={"name": namespace},
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=list(depends_on),
                    import_=namespace if namespace in adopted_namespaces else None,
                    ignore_changes=["metadata.labels", "metadata.annotations"],  # Helm put one on those that it made
                ),
            )
            return pulumi.ResourceOptions(parent=self, depends_on=[*depends_on, made])

        if nvidia_device_plugin is not None:
            self.nvidia_device_plugin = install_nvidia_device_plugin(
                f"{name}-nvidia-device-plugin", wanted=nvidia_device_plugin, mirror=mirror, opts=waiting
            )
        if metrics_server is not None:
            self.metrics_server = install_metrics_server(
                f"{name}-metrics-server", chart=metrics_server, mirror=mirror, opts=waiting
            )
        if keda is not None:
            keda_opts = within(KEDA_NAMESPACE, "keda")
            self.keda = install_keda(f"{name}-keda", chart=keda, mirror=mirror, opts=keda_opts)
        if prometheus is not None:
            prometheus_opts = within(PROMETHEUS_NAMESPACE, "prometheus")
            self.prometheus = install_prometheus(
                f"{name}-prometheus", chart=prometheus, mirror=mirror, opts=prometheus_opts
            )
        if cluster_autoscaler is not None:
            self.cluster_autoscaler = install_cluster_autoscaler(
                f"{name}-cluster-autoscaler",
                wanted=cluster_autoscaler,
                mirror=mirror,
                parent=self,
                depends_on=depends_on,
            )
        if load_balancer_controller is not None:
            self.load_balancer_controller = install_load_balancer_controller(
                f"{name}-load-balancer-controller",
                wanted=load_balancer_controller,
                mirror=mirror,
                parent=self,
                depends_on=depends_on,
            )
        self.register_outputs({})

    @property
    def installed(self) -> list[pulumi.Resource]:
        """Every release, for what must outlive none of them, such as a namespace."""
        releases = (
            self.nvidia_device_plugin,
            self.metrics_server,
            self.keda,
            self.prometheus,
            self.cluster_autoscaler,
            self.load_balancer_controller,
        )
        return [release for release in releases if release is not None]
