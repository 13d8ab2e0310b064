"""Rules for `speculative`: what proposes tokens is known, sized, and speaks the model's vocabulary."""

from infra.catalog import ModelShape
from infra.engines import ENGINES
from infra.services.serving.beside_section import Speculative
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.services.serving.speculation import other_vocabulary
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key
from infra.sizing.splitting import obstacle

_EXAMPLE = "{model: Qwen/Qwen3-0.6B, tokens: 5} or {method: ngram, tokens: 5}"


def check_speculation(scope: Scope, key: Key, model: Model) -> None:
    asked, where = model.speculative, (*key, "speculative")
    if asked is None:
        return
    engine, shape = ENGINES[model.engine], asked_shape(model, scope.catalog)
    reads: list[Key] = [(*key, each) for each in ("model", "like", "engine", "gpus")]
    if engine.limits.proposes is None:
        scope.report.wrong(where, f"{engine.title} takes no speculation here", "leave speculative out", reads=reads)
    elif (model.task or (shape.task if shape else "chat")) != "chat":
        scope.report.wrong(
            where, "only a model that writes tokens can check them", "leave speculative out", reads=reads
        )
    elif (asked.model is None) == (asked.method is None):
        got = "neither a model nor a method" if asked.model is None else "a model and a method"
        scope.report.wrong(where, got, f"write one of them, e.g. {_EXAMPLE}")
    elif asked.model is not None:
        _check_draft(scope, key, model, asked.model, shape)
    elif asked.method == "mtp" and shape is not None and shape.model_type not in engine.limits.proposes:
        got = f"{shape.id} has no layers that predict several tokens, as far as is known here"
        scope.report.wrong((*where, "method"), got, "write method: ngram, or a model", reads=reads)
    _check_name(scope, key, asked)


def _check_draft(scope: Scope, key: Key, model: Model, name: str, shape: ModelShape | None) -> None:
    draft, where = scope.catalog.models.get(name), (*key, "speculative", "model")
    reads: list[Key] = [(*key, each) for each in ("model", "like", "gpus")]
    if draft is None:
        write = f"run llm-platform model add {name}, which reads its own files; or write {_EXAMPLE}"
        scope.report.wrong(where, f"unknown model {name}", write, reads=reads)
    elif draft.left_out is not None:
        scope.report.wrong(where, f"{name} can't be sized: {draft.left_out}", f"write e.g. {_EXAMPLE}", reads=reads)
    elif (why := other_vocabulary(draft, shape)) is not None:
        scope.report.wrong(
            where, f"{name} {why}", "write a smaller model of the same family and vocabulary", reads=reads
        )
    elif model.gpus and (why := obstacle(draft, model.gpus)) is not None:
        scope.report.wrong(where, f"{name}: {why}", "write another model, or another number of gpus", reads=reads)


def _check_name(scope: Scope, key: Key, asked: Speculative) -> None:
    """Its download is an object of this name."""
    taken = {*scope.settings.models, *(name for each in scope.settings.models.values() for name in each.adapters or {})}
    name = f"{key[1]}-draft"
    if asked.model is not None and name in taken:
        got, write = f"{name} is the name of its draft model's download too", f"write another name than {name}"
        scope.report.wrong((*key, "speculative"), got, write, reads=[("models", name)])
