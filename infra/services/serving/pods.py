"""What pods request besides GPUs, so that they fit on a node: into its allocatable resources, not its size."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from infra.offers.host import share
from infra.plan.cluster import SystemNodesPlan
from infra.plan.findings import warned
from infra.plan.models import SERVER_SCRATCH_GIB, Resources
from infra.plan.notes import Advice, Finding, Violation, Write
from infra.plan.rules import Rule
from infra.plan.words import count, usd
from infra.plan.writes import written
from infra.services.serving.placed import Placed
from infra.services.serving.served import Served
from infra.services.serving.vertical import largest, plan_vertical
from infra.sizing.weights import GIB

# What coredns, the CSI controllers and the add-ons request in the whole cluster.
SYSTEM_CPU, SYSTEM_GIB = 2.5, 6.0
# What a server on the CPU needs for compute buffers, besides the file and the context.
HOST_GIB = 1.0
# System nodes are worth a warning where they cost this many times what is enough, and this much more per month.
OVERSIZED, WORTH_USD = 2, 50


def server_resources(placed: Placed) -> Resources:
    """A share of the smallest instance type of the pool, by GPUs; modest amounts on nodes of an unknown size."""
    if placed.offer is None or placed.sized is None:
        return _cpu_resources(placed.served)
    gpus = placed.sized.gpus
    shm = max(2, 2 * gpus)
    if not placed.offer.types:
        return Resources(
            cpu=2.0 * gpus, memory_gib=8.0 + 4.0 * gpus + shm, ephemeral_gib=SERVER_SCRATCH_GIB, shm_gib=shm
        )
    cpu, memory = share(placed.offer.types, gpus, placed.offer.parts)
    return Resources(cpu=_tenths(cpu), memory_gib=_tenths(memory), ephemeral_gib=SERVER_SCRATCH_GIB, shm_gib=shm)


def check_system_nodes(
    placed: Sequence[Placed],
    others: Mapping[str, Sequence[Resources]],
    nodes: SystemNodesPlan,
    *,
    surging: Collection[str],
) -> Iterator[Finding]:
    """CPU models and other pods, the gateway's first, run on the system nodes of a cluster that we make: all replicas,
    and one more of the largest where a rollout starts the new pod first, must fit beside what runs there."""
    on_cpu = [each.served for each in placed if each.served.cpu and not each.served.settings.paused]
    groups = {**others, **{each.name: [_largest(each)] * each.replicas.max for each in on_cpu}}
    rolling = [*next(iter(others.values()))[:1], *(_largest(served) for served in on_cpu if served.name in surging)]
    if rolling:
        groups["a rollout"] = [max(rolling, key=_size)]
    pods = [each for group in groups.values() for each in group]
    free = _free(nodes)
    if _pack(pods, free, nodes.count):
        yield from _warn_of_oversized(pods, nodes)
        return
    whose = ", ".join(f"{len(group)} of {name}" for name, group in groups.items() if group)
    asks = f"{sum(pod.cpu for pod in pods):g} CPU and {round(sum(pod.memory_gib for pod in pods), 1):g} GiB"
    more = range(nodes.count + 1, nodes.max + 1)
    enough = next((number for number in more if _pack(pods, free, number)), None)
    ways: list[Write] = [((f"{nodes.path}.count", enough),)] if enough else []
    if on_cpu:
        ways.append(((f"{on_cpu[0].path}.gpus", 1),))
    yield Violation(
        Rule.ROOM_ON_NODES,
        f"{on_cpu[0].path}.gpus" if len(on_cpu) == 1 else nodes.path,
        f"{count(len(pods), 'pod')} ({whose}) ask for {asks};"
        f" {nodes.count} system nodes ({nodes.type}) have {free[0]:.1f} and {free[1]:.1f} each left beside the"
        " cluster's own",
        f"{nodes.path}.instanceType: a larger one",
        tuple(Advice(write, written(write)) for write in ways),
    )


def _free(nodes: SystemNodesPlan) -> tuple[float, float]:
    """The cores and the memory of each node that the cluster's own pods leave."""
    return nodes.cpu - SYSTEM_CPU / nodes.count, nodes.gib - SYSTEM_GIB / nodes.count


def _warn_of_oversized(pods: list[Resources], nodes: SystemNodesPlan) -> Iterator[Finding]:
    """Nodes that cost a multiple of others that have room for the same pods."""
    best = next((each for each in nodes.smaller if _pack(pods, _free(each), each.count)), nodes)
    saved = nodes.usd_per_month - best.usd_per_month
    if saved <= WORTH_USD or nodes.usd_per_month < OVERSIZED * best.usd_per_month:
        return
    parts = (("instanceType", nodes.type, best.type), ("count", nodes.count, best.count))
    write = tuple((f"{nodes.path}.{key}", then) for key, now, then in parts if then != now)
    again = (
        "; where the nodes run already, their group is recreated: it needs allow: {replace: [systemNodes]}"
        if best.type != nodes.type
        else ""
    )
    advice = Advice(write, written(write))
    said = warned(
        nodes.path,
        f"{nodes.count} x {nodes.type} cost {_month(nodes)}; {best.count} x {best.type} hold all pods and cost"
        f" {_month(best)}: {advice.text}{again}",
    )
    yield replace(said, advice=(advice,))


def _month(nodes: SystemNodesPlan) -> str:
    return f"{usd(nodes.usd_per_month)} per month{f' ({nodes.price_note})' if nodes.price_note else ''}"


def _pack(pods: list[Resources], free: tuple[float, float], nodes: int) -> bool:
    """Whether the pods fit: each goes to the first node with room, the largest first, much as the scheduler does."""
    rooms = [free] * nodes
    for pod in sorted(pods, key=_size, reverse=True):
        fitting = (i for i, (cpu, gib) in enumerate(rooms) if pod.cpu <= cpu and pod.memory_gib <= gib)
        index = next(fitting, None)
        if index is None:
            return False
        cpu, gib = rooms[index]
        rooms[index] = cpu - pod.cpu, gib - pod.memory_gib
    return True


def _size(pod: Resources) -> tuple[float, float]:
    return pod.memory_gib, pod.cpu


def _largest(served: Served) -> Resources:
    resources = _cpu_resources(served)
    return largest(resources, plan_vertical(served, resources))


def _cpu_resources(served: Served) -> Resources:
    """A server on the CPU holds the file and the context in memory; a larger file gets more cores."""
    file = served.disk_gib
    cache = (served.kv_bytes_per_token or 0) * served.question.max_model_len * (served.settings.concurrency or 1) / GIB
    cpu = 1.0 if file < 2 else 2.0 if file < 6 else 4.0
    return Resources(cpu=cpu, memory_gib=_halves_up(file * 1.1 + cache + HOST_GIB), ephemeral_gib=2, shm_gib=1)


def _tenths(number: float) -> float:
    return int(number * 10) / 10


def _halves_up(gib: float) -> float:
    return -(-gib * 2 // 1) / 2
