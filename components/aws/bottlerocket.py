"""What a node with Bottlerocket is given, beside what joins it to the cluster: EKS and Karpenter add that.

github.com/aws-samples/karpenter-blueprints, blueprints/soci-snapshotter (2026-06); Karpenter v1.14,
pkg/providers/amifamily/bootstrap/bottlerocket.go; read 2026-11-27.
"""

# Images are downloaded in parts and unpacked in parallel, since 1.44: as many at once as on Amazon Linux 2023, where
# Bottlerocket by itself takes 3 and 1.
_PULL = """[settings.container-runtime]
snapshotter = "soci"

[settings.container-runtime-plugins.soci-snapshotter]
pull-mode = "parallel-pull-unpack"

[settings.container-runtime-plugins.soci-snapshotter.parallel-pull-unpack]
max-concurrent-downloads-per-image = 20
concurrent-download-chunk-size = "16mb"
max-concurrent-unpacks-per-image = 12
discard-unpacked-layers = true
"""
# The instance's disks as one, below what containerd, the kubelet, SOCI and pods' logs write: since 1.46 `bind` takes
# these by itself. At each boot, because a stop empties them; a node that can't doesn't join.
_NVME = """
[settings.bootstrap-commands.000-mount-instance-storage]
commands = [["apiclient", "ephemeral-storage", "init"], ["apiclient", "ephemeral-storage", "bind"]]
essential = true
mode = "always"
"""


def settings(*, nvme: bool) -> str:
    """As TOML. `nvme`: containers are on the instance's own disks. Karpenter adds that by itself."""
    return _PULL + (_NVME if nvme else "")
