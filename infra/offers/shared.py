"""A GPU that several servers share: what one of them gets, and how its nodes are configured."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from infra.catalog import Catalog, Gpu
from infra.plan.labels import GPU_RESOURCE
from infra.plan.pools import PoolPlan
from infra.settings.sharing import Sharing

# Of the driver for each process on a card, which no engine counts in its share: 0.51 GiB on an H100 with driver 580.
CONTEXT_GIB = 0.5


@dataclass(frozen=True)
class Parts:
    """The parts of one GPU, all alike."""

    card: Gpu  # as a server on one part sees it
    number: int  # of one GPU


def parts_of(card: Gpu, sharing: Sharing | None, catalog: Catalog) -> Parts:
    """Nobody has measured how fast a part is, so no tokens per second are estimated."""
    if sharing is None or card.engine_gib is None:
        return Parts(card, 1)
    unmeasured = replace(card, bandwidth_gb_s=None, bf16_tflops=None, fp8_tflops=None, link_gb_s=None, slice=True)
    if sharing.mig is not None:
        profile = catalog.mig.get(card.name, {}).get(sharing.mig)
        if profile is None:  # reported as a mistake
            return Parts(card, 1)
        cut = replace(unmeasured, name=f"{card.name} ({profile.name})", engine_gib=profile.engine_gib)
        return Parts(replace(cut, source=profile.source), profile.slices)
    number = sharing.time_slicing or sharing.mps or 1
    gib = max(0.1, card.engine_gib / number - CONTEXT_GIB)
    name = f"{card.name} (1/{number})"
    return Parts(replace(unmeasured, name=name, engine_gib=gib, seen_gib=card.engine_gib), number)


def config_of(sharing: Sharing) -> str:
    """The name of the device plugin's configuration, as a label of the nodes says it."""
    if sharing.mig is not None:
        return "mig"
    return f"time-slicing-{sharing.time_slicing}" if sharing.time_slicing is not None else f"mps-{sharing.mps}"


def device_plugin_configs(pools: Iterable[PoolPlan]) -> dict[str, dict[str, Any]]:
    """The configurations of NVIDIA's device plugin by name, and that of nodes that share nothing; none where no pool
    shares its GPUs."""
    shared = {config_of(pool.sharing): _config(pool.sharing) for pool in pools if pool.sharing is not None}
    return {"default": _flags("none"), **dict(sorted(shared.items()))} if shared else {}


def _config(sharing: Sharing) -> dict[str, Any]:
    if sharing.mig is not None:
        return _flags("single")
    resources = [{"name": GPU_RESOURCE, "replicas": sharing.time_slicing or sharing.mps}]
    if sharing.mps is not None:
        return {**_flags("none"), "sharing": {"mps": {"resources": resources}}}
    slicing = {"failRequestsGreaterThanOne": True, "resources": resources}
    return {**_flags("none"), "sharing": {"timeSlicing": slicing}}


def _flags(mig_strategy: str) -> dict[str, Any]:
    return {"version": "v1", "flags": {"migStrategy": mig_strategy}}
