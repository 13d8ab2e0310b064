"""The SELinux level of pods that share a directory of a node.

A runtime with SELinux in enforcing mode, as on Bottlerocket, gives each pod a separate level, and the kubelet gives
that of the pod which downloads to the weights (pkg/volume/local): no other pod could read them
(github.com/bottlerocket-os/bottlerocket issue 2417; packages/selinux-policy/mcs.cil of bottlerocket-core-kit; read
2026-11-27). Without SELinux a level means nothing.
"""

import hashlib

from infra.settings.platform import Settings

_CATEGORIES = 1024  # c0 to c1023; a level has two of them


def shared_level(settings: Settings) -> str | None:
    """Of the models' namespace: another stack on the same nodes has another one. OpenShift gives a namespace one level,
    and refuses pods that name another."""
    existing = settings.cluster.existing
    if existing is not None and existing.distribution == "openshift":
        return None
    digest = hashlib.sha256(settings.namespace.name.encode()).digest()
    half = _CATEGORIES // 2
    first, second = (int.from_bytes(each) % half for each in (digest[:2], digest[2:4]))
    return f"s0:c{first},c{half + second}"
