"""Rules for the batch: a step has at least one token of each request, and a whole input of a model that reads it at
once."""

from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


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
