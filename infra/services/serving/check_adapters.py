"""Rules for `adapters`: a name is a model's or an adapter's of one model, and the engine serves adapters."""

from infra.engines import ENGINES
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_adapters(scope: Scope, key: Key, model: Model) -> None:
    where: Key = (*key, "adapters")
    if model.adapters is None:
        return
    title, shape = ENGINES[model.engine].title, asked_shape(model, scope.catalog)
    if not ENGINES[model.engine].limits.adapter_ranks:
        scope.report.wrong(where, f"{title} serves no adapters here", "leave adapters out", reads=[(*key, "engine")])
    elif (model.task or (shape.task if shape else "chat")) != "chat":
        scope.report.wrong(where, "adapters are for models that chat", "leave adapters out", reads=[(*key, "model")])
    for name, adapter in model.adapters.items():
        _check_name(scope, (*where, name), name, str(key[1]))
        if adapter.model in scope.catalog.models:
            got = f"{adapter.model} is a whole model, and no adapter of {model.model}"
            scope.report.wrong((*where, name, "model"), got, "write the repository of an adapter")


def _check_name(scope: Scope, key: Key, name: str, model: str) -> None:
    """Applications send it as `model`, and its download is an object of its name."""
    models = scope.settings.models
    owner = next((other for other, each in models.items() if other < model and name in (each.adapters or {})), None)
    if name in models:
        scope.report.wrong(key, f"the name of model {name}", "write a name that no model has", reads=[("models", name)])
    elif owner is not None:
        got = f"the name of an adapter of {owner}"
        scope.report.wrong(key, got, f"write {model}-{name}", reads=[("models", owner, "adapters")])
    elif f"{name}-prefetch" in models:
        got, write = f"model {name}-prefetch has the name of its download", "write another name"
        scope.report.wrong(key, got, write, reads=[("models", f"{name}-prefetch")])
