"""Rules for the batch and its CUDA graphs: a step has at least one token of each request, and a whole input of a model
that reads it at once."""

from infra.engines import ENGINES
from infra.engines.arguments import Argument
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

# Arguments that choose graphs too, or leave them out.
_GRAPHS = ("--cudagraph-capture-sizes", "--max-cudagraph-capture-size", "--compilation-config", "--enforce-eager")
_SAID = " or ".join(_GRAPHS)


def chooses_graphs(model: Model) -> bool:
    """Whether the engine does, or an argument of the stack file."""
    read = ENGINES[model.engine].read_arguments(model.extra_args)
    return not any(isinstance(each, Argument) and each.flag in _GRAPHS for each in read)


def check_graphs(scope: Scope, key: Key, model: Model) -> None:
    """A step with proposed tokens has a multiple of them, which powers of two are not."""
    where = (*key, "cudaGraphs")
    if model.cuda_graphs == "all":
        return
    if model.speculative is not None:
        got = "with speculative, a batch has a multiple of the tokens that are proposed"
        scope.report.out_of_place(where, got, "leave cudaGraphs out", reads=[(*key, "speculative")])
    elif not chooses_graphs(model):
        got = "an argument in extraArgs says which graphs there are"
        scope.report.out_of_place(where, got, f"leave cudaGraphs or {_SAID} out", reads=[(*key, "extraArgs")])


def check_batch(scope: Scope, key: Key, model: Model) -> None:
    tokens, where = model.max_num_batched_tokens, (*key, "maxNumBatchedTokens")
    if tokens is None:
        return
    if model.max_num_seqs is not None and model.max_num_seqs > tokens:
        got = f"{tokens} tokens for {model.max_num_seqs} requests: a step has at least one token of each"
        scope.report.wrong(where, got, f"write at least {model.max_num_seqs}", reads=[(*key, "maxNumSeqs")])
    shape = asked_shape(model, scope.catalog)
    task = model.task or (shape.task if shape else "chat")
    longest = model.max_model_len or (shape.max_context if shape else 0)
    if task != "chat" and tokens < longest:
        got = f"{tokens} tokens; a model for {task} reads an input of {longest} tokens at once"
        reads = [(*key, each) for each in ("task", "model", "maxModelLen")]
        scope.report.wrong(where, got, f"write at least {longest}, or leave it out", reads=reads)
