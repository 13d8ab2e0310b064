"""`fit`: whether a model fits a GPU, and what it costs there."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.cli.engine_help import EngineHelp
from infra.cli.options import format_option, print_mistakes, print_text, stacks_option

if TYPE_CHECKING:
    from infra.catalog import Catalog


@click.command(
    cls=EngineHelp, short_help="Whether a model fits a GPU, what it costs there, and what would make it fit."
)
@click.argument("model")
@click.option("--gpu", metavar="NAME", help="GPU, such as L4; one that isn't in the catalogue needs its memory too.")
@click.option("--gpu-memory-gib", metavar="GIB", help="Memory of one GPU, as the engine sees it.")
@click.option("--gpus", metavar="N", help="GPUs that share the model; default: 1.")
@click.option("--instance-type", metavar="TYPE", help="Instance type, instead of a GPU.")
@click.option(
    "--region",
    metavar="REGION",
    help="Region of the cloud: its instance types and prices; default: every type, us-east-1's prices.",
)
@click.option("--engine", metavar="ENGINE", help="{engines}.")
@click.option(
    "--max-model-len",
    metavar="TOKENS",
    help="Of the longest request; default: the longest that the model can take{lengths}.",
)
@click.option("--gpu-memory-utilization", metavar="SHARE", help="Of the memory, 0 to 1; default: the engine's own.")
@click.option(
    "--quantization", metavar="METHOD", help="Such as fp8 or awq; default: as the repository has the weights."
)
@click.option("--kv-cache-dtype", metavar="TYPE", help="Such as fp8; default: auto.")
@click.option("--max-num-seqs", metavar="N", help="Requests in a batch; default: the engine's own for the GPU.")
@click.option("--max-num-batched-tokens", metavar="N", help="Tokens in a batch; default: the engine's own for the GPU.")
@click.option("--adapters", metavar="N", help="LoRA adapters that are served beside the model; default: none.")
@click.option("--adapter-rank", metavar="R", help="The highest rank among the adapters; default: 64.")
@click.option("--speculative-model", metavar="MODEL", help="A small model that proposes tokens; default: none.")
@click.option("--speculative-tokens", metavar="N", help="Tokens that it proposes at once.")
@click.option("--rope-factor", metavar="F", help="Positions stretched by yarn: times the tokens of the training.")
@click.option("--rope-original", metavar="TOKENS", help="Tokens of the training; known of Qwen2.5 and Qwen3.")
@click.option(
    "--engine-version", metavar="VERSION", help="Version of the engine; default: the version that the platform pins."
)
@click.option("--like", metavar="MODEL", help="A known model of the same shape, for an unknown repository.")
@click.option("--concurrency", metavar="N", help="Requests of --max-model-len that must fit at once; default: 1.")
@click.option(
    "--api-price",
    metavar="USD",
    help="Price of a hosted API per million output tokens, prompts included: also says from how many tokens per month"
    " a replica costs less than that API.",
)
@stacks_option("the stack files and the lock of models")
@format_option("text", "json")
def fit(model: str, format_: str, stacks: Path, **given: str | None) -> None:
    """Whether MODEL fits a GPU and what it costs there; with no GPU named, the instance types that serve it,
    the lowest price per replica (its share of a node's GPUs) first.

    MODEL is a repository of Hugging Face, such as Qwen/Qwen3-8B{libraries}.

    Exits 1 when it doesn't fit and 3 when nobody can say, because the engine has no memory model (with --format json
    0: the answer says so); 2 when an argument is wrong.
    """
    from infra.catalog import load_catalog
    from infra.cli.fit import run
    from infra.cli.fit_input import BadInput

    options = {name.replace("_", "-"): value for name, value in given.items()}
    try:
        text, code = run(model, options, format_, _known(load_catalog(), stacks))
    except BadInput as bad:
        print_mistakes("fit", bad.mistakes)
        sys.exit(2)
    print_text(text)
    sys.exit(code)


def _known(catalog: "Catalog", stacks: Path) -> "Catalog":
    """With the models of the lock. Raises BadInput."""
    from infra.cli.fit_input import BadInput
    from infra.models.lock import BadLock, with_lock

    try:
        return with_lock(catalog, stacks)
    except BadLock as bad:
        raise BadInput([(f"{bad.path}: {path}", got) for path, got in bad.mistakes]) from None
