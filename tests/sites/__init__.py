"""Stack files of every kind of cluster and node, a file each: `python -m infra plan NAME --stacks tests/sites`. All
rules of tests/invariants hold for each."""

from pathlib import Path

from tests.invariants import reading as kind

FOLDER = Path(__file__).parent

# site -> what the rules read: if it were missing, the rules would check nothing. Sorted, so that branches meet seldom.
MEANT = {
    "amd": {kind.DEPLOYMENT: 2, kind.JOB: 1},
    "bottlerocket": {kind.NODE_GROUP: 8, kind.LAUNCH_TEMPLATE: 5, kind.SCALED_OBJECT: 1},
    "bottlerocket-karpenter": {kind.NODE_POOL: 2, kind.NODE_CLASS: 2, kind.SCALED_OBJECT: 1},
    "capacity-block": {kind.NODE_GROUP: 5, kind.LAUNCH_TEMPLATE: 3, kind.SCALED_OBJECT: 1},
    "eks-ladder": {kind.NODE_GROUP: 5, kind.LAUNCH_TEMPLATE: 2, kind.DEPLOYMENT: 2},
    "existing-eks": {kind.NODE_GROUP: 2, kind.SCALING_GROUP_TAG: 18, kind.RELEASE: 2, kind.SCALED_OBJECT: 1},
    "existing-eks-efs": {kind.NODE_GROUP: 1, kind.VOLUME: 1, kind.JOB: 2, kind.DEPLOYMENT: 3},
    "existing-eks-read": {kind.NODE_GROUP: 1, kind.DEPLOYMENT: 3, kind.SCALED_OBJECT: 1},
    "fast-start": {kind.DEPLOYMENT: 3, kind.NODE_GROUP: 2, kind.SCALED_OBJECT: 1},
    "k3s": {kind.DEPLOYMENT: 3, kind.INGRESS: 1},
    "karpenter-ladder": {kind.NODE_POOL: 2, kind.NODE_CLASS: 2, kind.NODE_GROUP: 1, kind.SCALED_OBJECT: 1},
    "karpenter-own-vpc": {kind.NODE_POOL: 2, kind.NODE_CLASS: 2, kind.SCALED_OBJECT: 1},
    "ladder": {kind.NODE_GROUP: 7, kind.LAUNCH_TEMPLATE: 4, kind.SCALED_OBJECT: 1},
    "ladder-one-group": {kind.NODE_GROUP: 5, kind.LAUNCH_TEMPLATE: 3, kind.SCALED_OBJECT: 1},
    "mig-eks": {kind.NODE_GROUP: 2, kind.LAUNCH_TEMPLATE: 2, kind.SCALED_OBJECT: 1},
    "mig-rke2": {kind.DEPLOYMENT: 3, kind.JOB: 2},
    "mps-kubeadm": {kind.DEPLOYMENT: 3, kind.RELEASE: 1},
    "node-cache-eks": {kind.DAEMON_SET: 2, kind.VOLUME: 2, kind.NODE_GROUP: 2},
    "node-cache-k3s": {kind.DAEMON_SET: 4, kind.VOLUME: 2},
    "openshift": {kind.DEPLOYMENT: 3, kind.INGRESS: 1},
    "racks": {kind.NODE_GROUP: 5, kind.LAUNCH_TEMPLATE: 4, kind.PLACEMENT_GROUP: 2},
    "s3-cache": {kind.JOB: 2, kind.DEPLOYMENT: 3, kind.CLAIM: 0},
    "s3-mounted": {kind.JOB: 4, kind.DEPLOYMENT: 4, kind.CLAIM: 2, kind.VOLUME: 2},
    "spot-per-zone": {kind.NODE_GROUP: 4, kind.SCALING_GROUP_TAG: 24, kind.SCALED_OBJECT: 1},
    "logs-eks": {kind.DEPLOYMENT: 2, kind.RELEASE: 8},
    "traced-eks": {kind.DEPLOYMENT: 3, kind.RELEASE: 8, kind.NETWORK_POLICY: 6},
    "traced-own": {kind.DEPLOYMENT: 2, kind.RELEASE: 1, kind.NETWORK_POLICY: 4},
    "time-slicing": {kind.DEPLOYMENT: 4, kind.NODE_GROUP: 3},
    "warm-pool": {kind.NODE_GROUP: 4, kind.LAUNCH_TEMPLATE: 3, kind.SCALED_OBJECT: 1},
}
SITE_NAMES = sorted(path.name.split(".")[1] for path in FOLDER.glob("Pulumi.*.yaml"))
