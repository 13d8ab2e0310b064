"""Where the stack sends to: pods, security groups, routes to the internet, what Jobs download, hosted models, and
whoever is notified of alerts."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.diff.access.peers import peers
from infra.diff.alerts import heartbeat_of, receivers_of
from infra.engines import ENGINES
from infra.registry import types_of
from infra.sides.statements import JOB, Statements, Workload, say, say_of_each, variables, words, workloads
from infra.sides.types import Side


def egress(side: Side) -> Statements:
    found = peers(side, "Egress", "to anywhere")
    say_of_each(found, side, lambda each: types_of(each["type"]).egress(each))
    for workload in workloads(side):
        only = "download Job only" if workload.type == JOB else f"pods of {workload.name}"
        for host, what in _downloads(workload):
            say(found, f"{host} ({only})", what)
    for name, external in (side.plan.get("external") or {}).items():
        say(found, hosted(name, external), *_prompts(external, side))
    for name, each in receivers_of(side).items():
        which = f"gets {' and '.join(each.severities)} alerts, with the secret {each.secret}"
        say(found, f"{each.where} (receiver {name})", which)
    if (secret := heartbeat_of(side)) is not None:
        say(found, "a webhook (heartbeat)", f"is called every 5 minutes, with the secret {secret}")
    for where, what in _telemetry(side.platform.get("monitoring") or {}):
        say(found, where, what)
    return found


def _telemetry(monitoring: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where spans and logs go. Their senders are pods of charts, whose own policies aren't seen as those of ours."""
    if otlp := (monitoring.get("traces") or {}).get("otlp"):
        secrets = sorted({each["keySecret"] for each in (otlp.get("headers") or {}).values()})
        word = "secret" if len(secrets) == 1 else "secrets"
        with_keys = f", with the {word} {' and '.join(secrets)}" if secrets else ""
        yield f"{otlp['endpoint']} (traces)", f"gets spans of traced requests, without their text{with_keys}"
    if logs := monitoring.get("logs"):
        yield f"{logs['to']} (logs)", "gets what the pods of the models' namespace write, without prompts and answers"


def hosted(name: str, external: Mapping[str, Any]) -> str:
    return f"{external['base_url']} (external {name})"


def _prompts(external: Mapping[str, Any], side: Side) -> Iterator[str]:
    """Whose prompts leave, by name."""
    yield f"asked for {external['model']}, with the secret {external['key_secret']}"
    yield from (f"gets prompts of client {client}" for client in external["clients"])
    for model, how in external["fallback_of"].items():
        late = f" within {how['after_seconds']} s" if how["after_seconds"] is not None else ""
        if side.endpoint(model).get("paused"):
            yield f"gets all prompts for {model}, which is paused"
        else:
            yield f"gets prompts for {model} that its own servers don't answer{late}"


def _downloads(workload: Workload) -> Iterator[tuple[str, str]]:
    for container in workload.containers:
        said = [each.downloads(words(container), variables(container)) for each in ENGINES.values()]
        yield from dict.fromkeys(filter(None, said))
