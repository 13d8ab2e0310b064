"""Cuts the GPUs of a node into slices with MIG, before the node joins its cluster."""

import json
from typing import NamedTuple

# cloud-init runs what is in this folder at each boot, and nodeadm starts the kubelet after it (amazon-eks-ami's
# nodeadm-run.service). No slice outlives a boot.
_FILE = "/var/lib/cloud/scripts/per-boot/cut-gpus.sh"
# The services that load the driver and hold the GPUs; which of them a node has depends on its type.
_DRIVER = "nvidia-kmod-load nvidia-persistenced nvidia-fabricmanager set-nvidia-clocks"


class Slices(NamedTuple):
    """Equal slices of each GPU of a node."""

    profile: str
    per_gpu: int


def cloud_config(slices: Slices) -> str:
    """A part of the user data that has the node cut its GPUs."""
    file = {"path": _FILE, "permissions": "0755", "content": script(slices)}
    return f"#cloud-config\n{json.dumps({'write_files': [file]})}"  # JSON is YAML


def script(slices: Slices) -> str:
    """It restarts a node once whose GPUs take MIG's mode only at a restart, as an A100 does where the hypervisor lets
    no guest reset it. NVIDIA's mig-parted and Bottlerocket do the same. If that doesn't help, the node joins with whole
    GPUs: fewer than the autoscaler expects, and each larger than a server needs."""
    profiles = ",".join([slices.profile] * slices.per_gpu)
    return f"""#!/bin/bash
set -euo pipefail
for service in {_DRIVER}; do systemctl start "$service" || true; done
nvidia-smi -mig 1 || true
if [[ $(nvidia-smi --query-gpu=mig.mode.current --format=csv,noheader | sort -u) != Enabled ]]; then
  restarted=/var/lib/cut-gpus-restarted
  if [ -e "$restarted" ]; then echo "MIG is not enabled after a restart: the GPUs stay whole" >&2; exit 1; fi
  touch "$restarted"
  systemctl reboot
  sleep infinity # nothing that comes after this starts before the restart
fi
nvidia-smi mig -cgi {profiles} -C
"""
