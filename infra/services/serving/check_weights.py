"""Rules for `quantization`: how weights are stored is known, or asked about, and never taken for 16 bit."""

from infra.catalog import AT_LOAD, Catalog, ModelShape
from infra.catalog.method_names import stored_by_name
from infra.engines import ENGINES
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key
from infra.sizing.weights import in_16_bit


def check_weights(scope: Scope, key: Key, model: Model) -> None:
    if ENGINES[model.engine].library is not None:
        return
    shape = asked_shape(model, scope.catalog)
    if shape is None or model.quantization not in (None, *scope.catalog.quantizations):
        return
    if model.like is not None or model.architecture is not None:
        _check_name(scope, key, model, shape)
    elif model.quantization is not None:
        _check_quantization(scope, key, model, shape)


def _check_quantization(scope: Scope, key: Key, model: Model, shape: ModelShape) -> None:
    """Engines quantize to some methods as they load; the others are how a repository's weights are stored."""
    reads = [(*key, "model"), (*key, "quantization")]
    if model.quantization in AT_LOAD and model.quantization != shape.dtype and not in_16_bit(shape):
        got = f"{model.model} holds {shape.dtype}, and an engine makes {model.quantization} of 16-bit weights only"
        write = f"leave quantization out: the weights are served in {shape.dtype}"
        scope.report.wrong((*key, "quantization"), got, write, reads=reads)
    elif model.quantization not in (None, *AT_LOAD, shape.dtype):
        got = f"{model.quantization} is made beforehand, and {model.model} holds {shape.dtype or 'other weights'}"
        out = f"leave quantization out: the plan, and `llm-platform fit {model.model}`, say what fits"
        write = f"{_repository(model.model, model.quantization, scope.catalog)}; or {out}"
        scope.report.wrong((*key, "quantization"), got, write, reads=reads)


def _repository(model: str, method: str, catalog: Catalog) -> str:
    known = catalog.quantized_repositories.get((model, method))
    if known is not None:
        return f"write model: {known}"
    search = f"huggingface.co/models?search={model.rpartition('/')[2]}"
    return (
        f"no repository of it in {method} is known here: if {search} has one, `llm-platform model add` it and name it"
    )


def _check_name(scope: Scope, key: Key, model: Model, shape: ModelShape) -> None:
    """A repository of which only a shape is known may say in its name that it holds other weights."""
    said = stored_by_name(model.model)
    holds = model.quantization or shape.dtype
    if said is None or holds in said[1]:
        return
    word, methods = said
    got = f"{model.model} says {word} in its name, and would be sized as {holds or 'bf16'}"
    reads = [(*key, name) for name in ("model", "like", "architecture", "quantization")]
    served = tuple(each for each in methods if _is_served(model, each, shape, scope.catalog))
    scope.report.wrong((*key, "quantization"), got, _answer(model, served, scope.catalog), reads=reads)


def _is_served(model: Model, method: str, shape: ModelShape, catalog: Catalog) -> bool:
    refused = ENGINES[model.engine].refuse(model.model_copy(update={"quantization": method}), shape, catalog)
    return all(each.key != "quantization" for each in refused)


def _answer(model: Model, methods: tuple[str, ...], catalog: Catalog) -> str:
    if model.model in catalog.models:
        return f"leave like and quantization out: {model.model} is known here"
    read = f"run `llm-platform model add {model.model}`, which reads its own files, and leave the shape out"
    if not methods:
        return f"write another repository: {ENGINES[model.engine].title} doesn't read these weights"
    holds = " or ".join(methods)
    return f"write quantization: {methods[0]} if it holds {holds} weights, or {read}"
