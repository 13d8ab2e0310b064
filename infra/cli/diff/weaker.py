"""What a change protects less than before, or takes from those who run it: a reviewer reads it in the first line."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from urllib.parse import urlsplit

from infra.cli.diff.values import named
from infra.cli.document.marked import code
from infra.diff import figures
from infra.diff.alerts import heartbeat_of, notifies_nobody
from infra.diff.counted_on import stopped_by_a_loss
from infra.diff.difference import Difference
from infra.diff.load_balancer import GATEWAY_INGRESS, INGRESS, gateway_of, reach
from infra.diff.names import externals_of
from infra.diff.replicas import first_waits
from infra.diff.rollouts import stops_from_now
from infra.diff.second_addons import seconds
from infra.plan.alike import alike
from infra.plan.words import count
from infra.registry import reach_of
from infra.sides.types import Side

_PLAIN = "http://"
_ANYWHERE = ("0.0.0.0/0", "::/0")
_PROTECT = "options.protect"


def weaker(difference: Difference) -> Iterator[str]:
    """Only where the stack stays."""
    old, new = difference.old, difference.new
    if not (old.exists and new.exists):
        return
    if plain := [name for name in new.models if _is_plain(difference, name)]:
        yield f"plain HTTP for {named(plain)}: keys, prompts and answers aren't encrypted"
    if public := [name for name in new.models if _is_public(difference, name)]:
        yield f"{named(public)} reached from the internet"
    if by_class := _by_its_class(difference):
        who = f"the Ingress class {code(by_class)}"
        yield f"{who} decides whether the internet reaches the models, and not {code('expose')}"
    if opened := [thing for thing, each in difference.access["exposure"].items() if _is_open(each.added)]:
        yield f"{', '.join(opened)} open to the whole internet"
    if hosts := sorted(set(_leaving(new)) - set(_leaving(old))):
        yield f"more prompts may leave the network, to {' and '.join(dict.fromkeys(host for host, *_ in hosts))}"
    yield from _guards(difference)
    if shut := _shut_out(difference):
        yield f"kubectl and {code('pulumi up')} no longer reach the cluster's API from {', '.join(shut)}"
    options = difference.resources.options.items()
    if unprotected := [urn for urn, found in options if (change := found.get(_PROTECT)) and change.old is True]:
        yield f"{count(len(unprotected), 'resource')} no longer protected"
    if second := [each.title for each in seconds(old, new, difference.resources).values()]:
        yield f"may install a second {' and '.join(second)} beside what the cluster has"
    yield from _budget(difference)
    yield from _paid_last(difference)
    yield from _sleeps_for_nothing(difference)
    if lost := notifies_nobody(old, new):
        yield f"nobody is notified of {' and '.join(lost)} alerts any more"
    if heartbeat_of(old) is not None and heartbeat_of(new) is None:
        yield "nobody hears any more when Prometheus itself is away"
    both = sorted(old.models.keys() & new.models.keys())
    if stopped := [name for name in both if _runs(difference, name) and stops_from_now(name, old, new)]:
        yield f"each rollout stops {named(stopped)} from now on"
    lost_nodes = ((name, stopped_by_a_loss(name, old, new)) for name in both if _runs(difference, name))
    for how_long, models in alike((name, how_long) for name, how_long in lost_nodes if how_long).items():
        yield f"from now on the loss of a node stops {named(models)} {how_long}"


def _leaving(side: Side) -> Iterator[tuple[str, str, str]]:
    """To which host prompts go, of which client or in the place of which model."""
    for name, each in externals_of(side).items():
        host = urlsplit(each["base_url"]).hostname or name
        yield from ((host, "client", client) for client in each.get("clients") or ())
        yield from ((host, "model", model) for model in each.get("fallback_of") or ())


def _guards(difference: Difference) -> Iterator[str]:
    """What kept callers from the models, where they are still reached from outside."""
    was, now = (gateway_of(side) for side in (difference.old, difference.new))
    if "domain" not in now:
        return
    if (only := was.get("inboundCidrs")) and not now.get("inboundCidrs"):
        yield f"the models are called from every address, and no longer from {', '.join(only)} alone"
    if was.get("wafAclArn") and not now.get("wafAclArn"):
        yield "no web ACL filters requests any more"


def _shut_out(difference: Difference) -> list[str]:
    """Addresses from which the cluster's API was reached: an update from there stops in its midst."""
    was, now = (
        [IPv4Network(each, strict=False) for each in _api_from(side)] for side in (difference.old, difference.new)
    )
    return [str(each) for each in was if not any(each.subnet_of(other) for other in now)]


def _api_from(side: Side) -> list[str]:
    """IPv4 alone, as the stack file's."""
    create = (side.platform.get("cluster") or {}).get("create") or {}
    return (create.get("access") or {}).get("apiFrom") or []


def _budget(difference: Difference) -> Iterator[str]:
    """Where it is gone, or limits a smaller bill of the same plan."""
    was, now = (figures.budget(side) for side in (difference.old, difference.new))
    smaller_first = list(figures.BILLS)
    if was is not None and now is None:
        yield "no budget limits the bill any more"
    elif was is not None and now is not None and smaller_first.index(now.of) < smaller_first.index(was.of):
        yield f"the budget limits the {figures.BILLS[now.of]} bill, and no longer the {figures.BILLS[was.of]}"


def _paid_last(difference: Difference) -> Iterator[str]:
    """Where what is paid anyway, a reservation or a Capacity Block, may stay unused from now on."""
    was, now = (_asked_last(side) for side in (difference.old, difference.new))
    for pool in sorted({pool for pool, _ in now - was}):
        yield f"what is reserved for {code(pool)} is paid, and may stay unused: other nodes are asked for first"


def _asked_last(side: Side) -> set[tuple[str, str]]:
    steps = ((name, each) for name, pool in side.pools.items() for each in pool.get("steps") or ())
    return {(name, each["reservation"]) for name, each in steps if each.get("asked_after")}


def _sleeps_for_nothing(difference: Difference) -> Iterator[str]:
    """Where callers begin to wait for a first replica, and the nodes stay: other models or the pool's min hold them."""
    new = difference.new
    bills = (difference.cost.get(key) for key in (figures.MIN, figures.EXPECTED))
    if any(each is not None and each.new < each.old for each in bills):
        return
    asleep = ((name, first_waits(name, new)) for name in sorted(new.models) if _begins_to_sleep(difference, name))
    for waits, models in alike(asleep).items():
        yield f"who comes first to {named(models)} may wait {waits}, and no bill is lower for it"


def _begins_to_sleep(difference: Difference, name: str) -> bool:
    was, now = (side.models.get(name, {}) for side in (difference.old, difference.new))
    made = difference.new.pools.get(now.get("pool") or "", {}).get("instance_types")
    sleeps = bool(made) and bool(was) and now["replicas"]["min"] == 0 < was["replicas"]["min"]
    return sleeps and _runs(difference, name)


def _is_plain(difference: Difference, name: str) -> bool:
    was, now = (side.endpoint(name).get("base_url") or "" for side in (difference.old, difference.new))
    return now.startswith(_PLAIN) and not was.startswith(_PLAIN)


def _is_public(difference: Difference, name: str) -> bool:
    was, now = reach(difference.old, name), reach(difference.new, name)
    return now is not None and now.public and not (was is not None and was.public)


def _by_its_class(difference: Difference) -> str | None:
    """The class of an Ingress that should be public from now on, and whose controller nothing here asks for that."""
    was, now = ((side.plan.get("gateway") or {}).get("expose") for side in (difference.old, difference.new))
    ingress = difference.new.resource(INGRESS, GATEWAY_INGRESS) if now == "public" != was else None
    passed = ingress and reach_of(ingress["inputs"]["metadata"].get("annotations", {}))
    return ingress["inputs"]["spec"].get("ingressClassName") if ingress and not passed else None


def _is_open(added: tuple[str, ...]) -> bool:
    return any(each.endswith(_ANYWHERE) for each in added)


def _runs(difference: Difference, name: str) -> bool:
    return not any(side.endpoint(name).get("paused") for side in (difference.old, difference.new))
