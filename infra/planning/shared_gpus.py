"""Pools whose GPUs several servers share: what is assumed, what may go wrong, and what to do on nodes that exist."""

from collections.abc import Iterator, Mapping

from infra.offers.pools import Offer
from infra.offers.shared import CONTEXT_GIB, config_of
from infra.plan.cluster import ClusterPlan
from infra.plan.findings import warned
from infra.plan.labels import DEVICE_PLUGIN_CONFIG, GPU_LABEL, MPS_LABEL
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.plan.pools import PoolPlan
from infra.plan.words import count


def say_shared(offer: Offer) -> Iterator[Finding]:
    if offer.sharing is None:
        return
    path = f"gpuPools.{offer.name}{'.existing' if offer.existing else ''}.sharing"
    each = f"each {offer.whole} is {offer.parts} {offer.unit}s of {offer.card.engine_gib or 0:.4g} GiB"
    numbers = f"the numbers of GPUs in JSON count {offer.unit}s"
    if offer.sharing.mig is not None:
        speed = "nobody has measured how fast a server is on one: no tokens per second are estimated"
        yield Assumption(path, f"{each}, and {numbers}; {speed}")
        return
    speed = "how fast a server is on one depends on the others: no tokens per second are estimated"
    context = f"with {CONTEXT_GIB:g} GiB less for the driver's context of each"
    yield Assumption(path, f"{each}, {context}, and {numbers}; {speed}")
    yield warned(
        path,
        f"{count(offer.parts, 'server')} share the memory of each {offer.whole}: an engine that starts counts what"
        " others take meanwhile as its own, so servers that start at the same time may get less cache, or end and start"
        f" again; {_fate(offer)}",
    )


def _fate(offer: Offer) -> str:
    if offer.sharing is not None and offer.sharing.mps is not None:
        return "an error of one can end the others, and NVIDIA's device plugin calls MPS experimental"
    return "nothing but its arguments keeps one within its part, and an error of one can end the others"


def to_do_of_shared(cluster: ClusterPlan, pools: Mapping[str, PoolPlan], *, installs: bool) -> Iterator[Finding]:
    """`installs`: this stack installs the device plugin, which takes its configuration from a label of the node."""
    shared = [pool for pool in pools.values() if pool.existing and pool.sharing is not None]
    for nth, pool in enumerate(shared):
        yield ToDo(f"gpuPools.{pool.name}.existing.sharing", _how(cluster, pool, installs), Step.DEVICE_PLUGIN, nth)


def _how(cluster: ClusterPlan, pool: PoolPlan, installs: bool) -> str:
    escaped = pool.resource.replace(".", r"\.")
    columns = f"'NODE:.metadata.name,N:.status.allocatable.{escaped}'"
    look = (
        f"`{cluster.kubectl} get nodes -l {pool.labels} -o custom-columns={columns}` has to show {pool.gpus_per_node}"
        f" of {pool.resource} per node"
    )
    if pool.sharing is None:
        return look
    mig = pool.sharing.mig
    cut = (
        f"each {pool.card} has to be cut into slices {mig} first (`nvidia-smi mig`, or the GPU operator's label"
        if mig
        else ""
    )
    cut = f"{cut} nvidia.com/mig.config=all-{mig}); " if mig else ""
    if installs:
        mps = f" {MPS_LABEL}=true" if pool.sharing.mps is not None else ""
        label = f"{GPU_LABEL}=true {DEVICE_PLUGIN_CONFIG}={config_of(pool.sharing)}{mps}"
        return f"{cut}`{cluster.kubectl} label nodes -l {pool.labels} {label}` tells the device plugin; then {look}"
    own = "MIG's strategy single, or mixed with resource" if mig else "its `sharing` configuration"
    return f"{cut}the cluster's own device plugin or GPU operator needs {own}; {look}"
