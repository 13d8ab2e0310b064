"""`weights`: what the cache holds of models, and the removal of what nothing needs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.options import format_option, print_error, print_text, stacks_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.cli.weights import Priced
    from infra.on_cache.look import Cache, Held, Removed, Stored
    from infra.plan.plan import Plan


@click.command(short_help="What the weight cache holds, what needs it, and the removal of the rest.")
@click.argument("stack")
@click.argument("path", nargs=-1)
@click.option(
    "--context", metavar="NAME", help="Of your kubeconfig; default: the cluster of the stack file, as its state has it."
)
@click.option("--remove", is_flag=True, help="Remove what nothing needs, or the PATHs of it; it shows them, and asks.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@format_option("text", "json")
@stacks_option("the stack files")
def weights(
    stack: str, path: tuple[str, ...], context: str | None, remove: bool, yes: bool, format_: str, stacks: Path
) -> None:
    """What the weight cache of STACK holds, with size and dollars per month: what the stack file, a Deployment, a Job,
    another pod or a rollback needs, and what nothing needs.

    A Job looks at the cache, which it mounts to be read alone, and is deleted afterwards: you need the right to make
    Jobs in the models' namespace. With --remove another Job removes what nothing needs, after you said yes; it looks
    again, and leaves what is needed or has changed by then.

    Exits 1 when something was not removed, or you said no; 2 when the stack file or an argument is wrong; 3 when the
    cluster or the cache can't be read.
    """
    from infra.cli import weights as command
    from infra.cli.plans import read_with_catalog
    from infra.live.cluster import reach_by
    from infra.live.commands import NotRead
    from infra.on_cache.look import Cache
    from infra.registry import cloud_of

    if (path or yes) and not remove:
        raise click.UsageError(
            f"{'PATH' if path else '--yes'} goes with --remove: llm-platform weights {stack} --remove"
        )
    if remove and format_ == "json" and not yes:
        raise click.UsageError("--format json can't ask: write --yes, after you looked at what --remove shows")
    plan, catalog = read_with_catalog(stack, stacks)
    if plan.cache.streamed:
        print_error(
            f"weights: the cache of {stack} is a bucket, which no Job mounts: the tools of its cloud list it. Below hf/"
            " each model has a folder per revision, and what no model names any more may be removed there; what is old"
            " below compiled/ the bucket itself removes"
        )
        sys.exit(2)
    if not plan.cache.size_gib:
        print_error(f"weights: {stack} has no cache: its models' weights are elsewhere already")
        sys.exit(2)
    if plan.cache.directory is not None:
        print_error(
            f"weights: each node has its own copy, and one Job can't look at all of them: on a node, `du -sh"
            f" {plan.cache.directory}/*/*/*` shows what it holds; what no model of {stack} names any more may be"
            " removed there"
        )
        sys.exit(2)
    cloud = cloud_of(plan.settings)
    try:
        with reach_by(plan, cloud, context) as cluster:
            if cluster is None:
                raise NotRead(f"the cluster isn't made yet: run `pulumi up -s {stack}`")
            cache = Cache(plan, catalog, cluster)
            priced = command.Priced(_held(cache), cloud.usd_per_stored_gib(plan.cache, catalog))
            code = _removal(cache, priced, path, format_, yes=yes) if remove else _listed(plan, priced, format_)
    except NotRead as error:
        print_error(f"weights: {error}")
        sys.exit(3)
    sys.exit(code)


def _held(cache: "Cache") -> "Held":
    from infra.cli.progress import waiting

    with waiting("a Job looks at the cache"):
        return cache.held()


def _listed(plan: "Plan", priced: "Priced", format_: str, removed: "Removed | None" = None) -> int:
    import json

    from infra.cli import weights as command
    from infra.cli.terminal import printable, terminal_width

    if format_ == "json":
        print_text(json.dumps(command.data(plan, priced, removed), indent=2) + "\n")
    else:
        print_text(printable("\n".join(command.lines(plan, priced, terminal_width())) + "\n"))
    return 0


def _removal(cache: "Cache", priced: "Priced", paths: "Sequence[str]", format_: str, *, yes: bool) -> int:
    from infra.cli import weights as command

    wanted, wrong = command.chosen(priced.held, paths)
    if wrong:
        print_error("\n".join(f"weights: {each}" for each in wrong))
        return 1
    if format_ == "text":
        _listed(cache.plan, priced, format_)
    if priced.held.unknown or not (wanted or priced.held.half_removed_gib):
        return _nothing(cache, priced, format_)
    if not (yes or click.confirm(f"\nRemove {_names(wanted)}?")):
        return 1
    return _remove(cache, priced, wanted, format_)


def _nothing(cache: "Cache", priced: "Priced", format_: str) -> int:
    if format_ == "json":
        _listed(cache.plan, priced, format_)
    return 1 if priced.held.unknown else 0


def _names(wanted: "Sequence[Stored]") -> str:
    return ", ".join(each.path for each in wanted) or "what a removal left"


def _remove(cache: "Cache", priced: "Priced", wanted: "Sequence[Stored]", format_: str) -> int:
    from infra.cli import weights as command
    from infra.cli.progress import waiting
    from infra.cli.terminal import printable

    with waiting("a Job removes what nothing needs"):
        removed = cache.remove(wanted)
    if format_ == "json":
        _listed(cache.plan, priced, format_, removed)
    else:
        print_text(printable("\n" + "\n".join(command.outcome(wanted, removed)) + "\n"))
    return 1 if removed.left or len(removed.paths) < len(wanted) else 0
