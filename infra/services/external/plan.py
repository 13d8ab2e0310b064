"""The models that somebody else hosts, and which data leaves for them."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from infra.plan.cluster import ClusterPlan
from infra.plan.external import CHAT, EMBED, External, Fallback
from infra.plan.findings import warned
from infra.plan.gateway import TrafficPlan
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.services.external import section
from infra.settings.platform import Settings

_PATHS = {"chat": CHAT, "embed": EMBED}


def plan_externals(settings: Settings) -> Mapping[str, External]:
    return {name: _planned(name, each) for name, each in sorted(settings.external.items())}


def _planned(name: str, wanted: section.External) -> External:
    url, price = urlsplit(wanted.base_url), wanted.usd_per_million_tokens
    return External(
        name=name,
        host=url.hostname or "",
        port=url.port or 443,
        prefix=url.path.rstrip("/"),
        model=wanted.model,
        secret=wanted.key_secret,
        paths=_PATHS[wanted.task],
        context_length=wanted.context_length,
        usd_per_million={"in": price.in_, "out": price.out} if price is not None else None,
        cidrs=wanted.cidrs,
    )


def plan_fallback(wanted: section.Fallback | None) -> Fallback | None:
    return Fallback(wanted.to, wanted.after_seconds) if wanted is not None else None


def fallback_of(settings: Settings, server: str) -> str | None:
    """The model elsewhere that answers where a model's own servers don't."""
    model = settings.models.get(server)
    return model.fallback.to if model is not None and model.fallback is not None else None


def warn_of_externals(traffic: TrafficPlan, cluster: ClusterPlan) -> Iterator[Finding]:
    for name, external in traffic.externals.items():
        sent = "; ".join(whose(traffic, name))
        yield warned(f"external.{name}", f"data leaves the network, to {external.host} ({external.model}): {sent}")
        if not external.prefix:
            yield warned(
                f"external.{name}.baseUrl",
                f"it has no path, so requests go to https://{external.host}{external.path(external.paths[0])}: many"
                " providers need one such as /v1, as their page for OpenAI's clients says, and answer 404 without",
            )
    if traffic.externals and not cluster.made:
        hosts = ", ".join(sorted({f"{each.host}:{each.port}" for each in traffic.externals.values()}))
        yield Assumption(
            "external",
            f"the gateway's pods may open TCP connections to {hosts} and resolve the name: they use no HTTP proxy, and"
            " a firewall of the cluster's network has to let them through",
        )


def whose(traffic: TrafficPlan, name: str) -> Iterator[str]:
    """Which prompts go there."""
    if clients := clients_of(traffic, [name]):
        yield f"prompts of {_clients(clients)} that ask for {name}"
    for upstream in traffic.upstreams.values():
        if upstream.fallback is None or upstream.fallback.to != name:
            continue
        late = upstream.fallback.after_seconds
        when = "when its own servers don't answer" + (f" within {late} s" if late is not None else "")
        when = "which is paused: all of them" if upstream.paused else when
        yield f"prompts of {_clients(clients_of(traffic, upstream.names))} for {upstream.model} {when}"


def clients_of(traffic: TrafficPlan, names: Iterable[str]) -> list[str]:
    wanted = set(names)
    return [name for name, client in traffic.clients.items() if wanted & set(client.models)]


def _clients(names: list[str]) -> str:
    return f"{'client' if len(names) == 1 else 'clients'} {', '.join(names)}" if names else "no client"


def missing_keys(externals: Mapping[str, External], secrets: Iterable[str]) -> Mapping[str, list[str]]:
    """Secret -> the externals that need it, of those that the stack hasn't."""
    there, missing = set(secrets), {}
    for name, each in externals.items():
        if each.secret not in there:
            missing.setdefault(each.secret, []).append(name)
    return missing


def list_missing_keys(stack: str, externals: Mapping[str, External], secrets: Iterable[str]) -> Iterator[Finding]:
    for nth, (secret, names) in enumerate(missing_keys(externals, secrets).items(), start=1):
        hosts = ", ".join(sorted({externals[name].host for name in names}))
        command = f"pulumi config set --secret {secret} -s {stack}"
        yield ToDo(f"external.{names[0]}.keySecret", f"`{command}` with a key of {hosts}", Step.SECRETS, nth)
