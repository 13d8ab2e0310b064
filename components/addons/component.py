"""The add-ons that a stack installs."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import pulumi
import pulumi_kubernetes as k8s

from components.addons.dcgm_exporter import DcgmExporter, install_dcgm_exporter
from components.addons.keda import install_keda
from components.addons.metrics_server import install_metrics_server
from components.addons.nvidia_device_plugin import NvidiaDevicePlugin, install_nvidia_device_plugin
from components.addons.prometheus import install_prometheus
from components.addons.vertical_pod_autoscaler import install_vertical_pod_autoscaler
from components.chart import Chart


class CloudAddon(Protocol):
    """An add-on that exists only in the cluster's cloud: it also needs permissions of that cloud."""

    def install(
        self, name: str, *, mirror: str | None, parent: pulumi.Resource, depends_on: Sequence[pulumi.Resource]
    ) -> k8s.helm.v3.Release: ...


class Addons(pulumi.ComponentResource):
    """Installs each add-on that is given. None means that the add-on exists already or isn't wanted.

    What uses an add-on depends on its release, so that the add-on is created first and deleted last. Add-ons of the
    cloud take the cloud's provider from the component's providers.
    """

    nvidia_device_plugin: k8s.helm.v3.Release | None = None
    metrics_server: k8s.helm.v3.Release | None = None
    keda: k8s.helm.v3.Release | None = None
    prometheus: k8s.helm.v3.Release | None = None
    dcgm_exporter: k8s.helm.v3.Release | None = None
    vertical_pod_autoscaler: k8s.helm.v3.Release | None = None
    of_the_cloud: dict[str, k8s.helm.v3.Release]

    def __init__(
        self,
        name: str,
        *,
        mirror: str | None,
        nvidia_device_plugin: NvidiaDevicePlugin | None = None,
        metrics_server: Chart | None = None,
        keda: Chart | None = None,
        prometheus: Chart | None = None,
        grafana: bool = False,
        alertmanager: bool = False,
        dcgm_exporter: DcgmExporter | None = None,
        vertical_pod_autoscaler: Chart | None = None,
        of_the_cloud: Mapping[str, CloudAddon] = MappingProxyType({}),
        adopted_namespaces: Collection[str] = (),
        namespaces_of_others: Collection[str] = (),
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`mirror`: a folder or URL with copies of the charts. `grafana`: with that of
        Prometheus' chart. `of_the_cloud`: the cloud's add-ons by name.
        `depends_on`: the nodes that the pods need.

        The namespaces of KEDA and Prometheus are created, or adopted if Helm created them for an earlier release of
        this stack. A namespace of another owner is only used, so it stays when the stack is deleted.
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
                    ignore_changes=["metadata.labels", "metadata.annotations"],  # Helm set them when it created one
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
        if vertical_pod_autoscaler is not None:
            self.vertical_pod_autoscaler = install_vertical_pod_autoscaler(
                f"{name}-vertical-pod-autoscaler", chart=vertical_pod_autoscaler, mirror=mirror, opts=waiting
            )
        if keda is not None:
            keda_opts = within(keda.namespace, "keda")
            self.keda = install_keda(f"{name}-keda", chart=keda, mirror=mirror, opts=keda_opts)
        if prometheus is not None:
            prometheus_opts = within(prometheus.namespace, "prometheus")
            self.prometheus = install_prometheus(
                f"{name}-prometheus",
                chart=prometheus,
                mirror=mirror,
                grafana=grafana,
                alertmanager=alertmanager,
                opts=prometheus_opts,
            )
        if dcgm_exporter is not None:  # its ServiceMonitor is of a kind that the chart of Prometheus brings
            after = [*depends_on, *([self.prometheus] if self.prometheus is not None else [])]
            self.dcgm_exporter = install_dcgm_exporter(
                f"{name}-dcgm-exporter",
                wanted=dcgm_exporter,
                mirror=mirror,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )
        self.of_the_cloud = {
            addon: wanted.install(f"{name}-{addon}", mirror=mirror, parent=self, depends_on=depends_on)
            for addon, wanted in of_the_cloud.items()
        }
        self.register_outputs({})

    @property
    def installed(self) -> list[pulumi.Resource]:
        """Every release: for resources that must be deleted after all of them, such as a namespace."""
        releases = (
            self.nvidia_device_plugin,
            self.metrics_server,
            self.keda,
            self.prometheus,
            self.dcgm_exporter,
            self.vertical_pod_autoscaler,
            *self.of_the_cloud.values(),
        )
        return [release for release in releases if release is not None]
