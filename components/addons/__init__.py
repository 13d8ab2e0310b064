"""Cluster-wide software: one module per add-on, and the component that installs them."""

from components.addons.component import Addons
from components.addons.dcgm_exporter import DcgmExporter
from components.addons.nvidia_device_plugin import NvidiaDevicePlugin

__all__ = ["Addons", "DcgmExporter", "NvidiaDevicePlugin"]
