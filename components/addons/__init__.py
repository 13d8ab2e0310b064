"""Cluster-wide software: one module an add-on, and the component that installs them."""

from components.addons.cluster_autoscaler import ClusterAutoscaler
from components.addons.component import Addons
from components.addons.load_balancer_controller import LoadBalancerController
from components.addons.nvidia_device_plugin import NvidiaDevicePlugin

__all__ = ["Addons", "ClusterAutoscaler", "LoadBalancerController", "NvidiaDevicePlugin"]
