"""Two versions of one model behind the gateway: which requests go to the next one, and what holds for both."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from infra.plan.findings import warned
from infra.plan.gateway import Next, Upstream
from infra.plan.notes import Finding
from infra.plan.versions import ALL, NEXT, VERSION
from infra.services.serving.replicas_section import Rollout


def with_next(present: Upstream, coming: Upstream, rollout: Rollout) -> Upstream:
    """A caller doesn't choose the version, so both hold what the gateway says of the model: paths that both serve, the
    shorter context, and the abilities that both have."""
    paths = {path: there for path, there in present.paths.items() if coming.paths.get(path) == there}
    server = replace(coming, names=present.names, paths=paths)
    return replace(
        present,
        paths=paths,
        max_model_len=min(present.max_model_len, coming.max_model_len),
        abilities=_of_both(present.abilities, coming.abilities),
        counts_streams=present.counts_streams and coming.counts_streams,
        next=Next(server, rollout.weight or 0, rollout.clients, rollout.trials),
    )


def _of_both(one: Mapping[str, bool | None], other: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """None: not known."""
    return {name: _both(has, other.get(name)) for name, has in one.items()}


def _both(one: bool | None, other: bool | None) -> bool | None:
    if False in (one, other):
        return False
    return True if one and other else None


def warn_of_versions(servers: Mapping[str, Upstream], upstreams: Mapping[str, Upstream]) -> Iterator[Finding]:
    """What callers lose while two versions serve, and a promotion that isn't at its end."""
    for name, both in upstreams.items():
        if both.next is not None:
            yield from _losses(servers[name], both, f"models.{name}.next")


def _losses(alone: Upstream, both: Upstream, path: str) -> Iterator[Finding]:
    if both.max_model_len < alone.max_model_len:
        message = (
            f"while both versions serve, callers see the shorter context: {both.max_model_len:,} tokens instead of"
            f" {alone.max_model_len:,}"
        )
        yield warned(f"{path}.maxModelLen", message)
    if gone := sorted(alone.paths.keys() - both.paths.keys()):
        yield warned(
            f"{path}.engine", f"while both versions serve, nothing answers {', '.join(gone)}: one has it alone"
        )
    if gone := sorted(what for what, has in alone.abilities.items() if has and both.abilities[what] is False):
        yield warned(path, f"the next version lacks what the model can do: {', '.join(gone)}")


def while_paused(model: Upstream) -> str:
    """Instead of the share of a next version: neither server of a paused model gets a request."""
    answers = f"{model.fallback.to} answers" if model.fallback is not None else "answered with 503"
    return f"no request: {model.model} is paused, {answers}"


def share_said(coming: Next) -> str:
    """Which requests the next version answers, of those that ask for none."""
    if coming.weight in (0, ALL):
        return "no request" if not coming.weight else "every request"
    return f"{coming.weight} % of the requests"


def trials_said(coming: Next) -> str:
    """Whose requests all go there."""
    if coming.weight == ALL:
        return "every caller"
    named = [f"of {', '.join(coming.clients)}"] if coming.clients else []
    asked = [f"with the header {VERSION}: {NEXT}"] if coming.trials else []
    return ", and those ".join([*asked, *named]) or "of nobody"
