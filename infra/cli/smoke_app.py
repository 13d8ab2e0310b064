"""`smoke`: whether a running gateway keeps what the plan promises."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from infra.cli.options import format_option, print_error, prometheus_option, stacks_option

if TYPE_CHECKING:
    from infra.smoke.run import Found
    from infra.smoke.target import Target

_LONGEST = 15  # characters of a check's name


@click.command(short_help="Calls each model of a running platform as its client would, and checks each promise.")
@click.argument("stack")
@click.option(
    "--url", metavar="URL", help="Of the gateway, such as http://127.0.0.1:8080/v1; default: the stack's output."
)
@click.option("--client", metavar="NAME", help="Whose key it is; default: `default`, or the only client.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its key; default: the variable LLM_PLATFORM_KEY, else the stack's output.",
)
@prometheus_option("Also ask it the queries of the scalers, such as http://127.0.0.1:9090 for `kubectl port-forward`.")
@format_option("text", "json")
@stacks_option("the stack files")
def smoke(
    stack: str,
    url: str | None,
    client: str | None,
    key_file: Path | None,
    prometheus: str | None,
    format_: str,
    stacks: Path,
) -> None:
    """Call each model of STACK as its client would, and compare what comes with the plan: plain answers, streams, the
    time to the first token, tool calls, JSON schemas, vectors, and what has to be refused.

    It sends about ten short requests per model, and one that is too long. With --prometheus it also asks each query by
    which KEDA scales a model: one that matches nothing adds no replica, and no caller sees why. A bearer token for it
    is read from the environment variable LLM_PLATFORM_PROMETHEUS_TOKEN.

    Exits 1 when a promise is broken, 2 when the stack file or an argument is wrong, 3 when something could not be
    checked, because nothing answers there for example.
    """
    import os

    from infra.cli.plans import planned_or_exit
    from infra.live.commands import NotRead
    from infra.smoke.target import KEY_VARIABLE, BadTarget, Given, target_of

    plan = planned_or_exit(stack, stacks)
    try:
        target = target_of(plan, Given(url, client, key_file, os.environ.get(KEY_VARIABLE)))
    except BadTarget as bad:
        print_error(f"smoke: {bad}")
        sys.exit(2)
    except NotRead as unknown:
        print_error(f"smoke: {unknown}")
        sys.exit(3)
    from infra.cli.progress import waiting
    from infra.cli.signals import ended_by_signals
    from infra.cli.usage import prometheus_at
    from infra.smoke.caller import Gateway
    from infra.smoke.promises import promises
    from infra.smoke.queries import of_scalers
    from infra.smoke.run import smoke as run

    promised = promises(plan, target.client)
    scalers = of_scalers(plan, prometheus_at(prometheus)) if prometheus is not None else ()
    found = run(Gateway(target.base_url, target.key, promised.patience), promised, waiting, scalers)
    with ended_by_signals():  # 1 would say that a promise is broken
        names = [each.model for each in promised.models]
        seen = _as_json(stack, target, found) if format_ == "json" else _as_text(stack, target, found, names)
    results = {each.result for each in seen}
    sys.exit(1 if "broken" in results else 3 if "not checked" in results else 0)


def _as_json(stack: str, target: "Target", found: "Iterable[Found]") -> "list[Found]":
    seen = list(found)
    checks = [{"model": each.model, "check": each.check, "result": each.result, "said": each.said} for each in seen]
    said: dict[str, Any] = {"stack": stack, "url": target.base_url, "client": target.client, "checks": checks}
    click.echo(json.dumps(said, indent=2))
    return seen


def _as_text(stack: str, target: "Target", found: "Iterable[Found]", models: list[str]) -> "list[Found]":
    """Each row as soon as it is there."""
    from infra.cli.terminal import printable
    from infra.smoke.run import GATEWAY

    click.echo(printable(f"{stack} · {target.base_url} · client {target.client}\n"))
    width, seen = max(map(len, [GATEWAY, *models])), []
    for each in found:
        seen.append(each)
        for line in _lines(each, width):
            click.echo(printable(line))
    click.echo(f"\n{_verdict(seen)}")
    return seen


def _lines(found: "Found", width: int) -> Iterator[str]:
    from infra.cli.layout import wrapped
    from infra.cli.terminal import terminal_width

    result = found.result if found.result == "ok" else found.result.upper()
    start = f"{found.model:<{width}}  {found.check:<{_LONGEST}}  {result:<11}  "
    first, *others = wrapped(found.said, max(terminal_width() - len(start), 20)) or [""]
    yield f"{start}{first}".rstrip()
    yield from (" " * len(start) + each for each in others)


def _verdict(seen: "list[Found]") -> str:
    from infra.plan.words import count

    numbers = {result: sum(each.result == result for each in seen) for result in ("ok", "broken", "not checked")}
    parts = [f"{count(numbers['ok'], 'promise')} kept"]
    parts += [f"{numbers[result]} {result}" for result in ("broken", "not checked") if numbers[result]]
    return ", ".join(parts)
