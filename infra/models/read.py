"""Reads the facts of a model from a repository's files."""

import dataclasses
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from infra.catalog import ModelShape
from infra.catalog.shapes import Quantization
from infra.models.config import Described, shape_of_config
from infra.models.estimate import estimated_gib
from infra.models.fields import NotSized, read_json
from infra.models.source import Source
from infra.models.task import Beside
from infra.models.weights import Tensors, counted, guesses

CONFIG, INDEX = "config.json", "model.safetensors.index.json"
_OLD_INDEX = "pytorch_model.bin.index.json"
_NOT_READ = Path(__file__).parent / "data" / "not_read.toml"


@dataclass(frozen=True)
class Facts:
    """The facts that a plan needs, and where the size of the weights comes from."""

    shape: ModelShape
    method: str | None  # the engine's name of the quantization
    weights: str  # where the size of the weights comes from


def read_facts(name: str, source: Source, quantizations: Mapping[str, Quantization]) -> Facts:
    """The facts of the model in a repository. Raises NotSized and CannotRead."""
    described = shape_of_config(name, _config(source), _beside(source), source.origin)
    guessing = described.shape.layers if described.counted.guessing else None
    tensors, said = _tensors(source, partial(guesses, layers=guessing))
    shape, counts = described.shape, described.counted
    if tensors is None:
        size = estimated_gib(counts, described.stored, quantizations)
        said = "an estimate from config.json, because the files don't state their size"
    else:
        size = tensors.gib
    dtype = shape.dtype or (tensors.dtype if tensors else None)
    if tensors is not None and described.stored.method is None and tensors.dtype is not None:
        dtype = tensors.dtype  # the files decide: config.json may be a copy from another repository
    shape = dataclasses.replace(
        shape,
        dtype=dtype,
        weights_gib=round(size, 3),
        weights_estimated=tensors is None,
        params_b=_parameters(described, tensors),
        guessing_b=_guessing(described, tensors, quantizations[dtype or "bf16"]),
        gated=source.gated,
        private=source.private,
        revision=source.revision,
    )
    if (why := shape.left_out) is not None:
        raise NotSized([(CONFIG, why)])
    return Facts(shape, described.stored.method, said)


def _parameters(described: Described, tensors: Tensors | None) -> float | None:
    """Billions of weights. If the files contain packed weights, it is the number that config.json describes."""
    if tensors is None or not tensors.elements or described.stored.method is not None:
        return described.shape.params_b
    return round((tensors.elements - tensors.guessing) / 1e9, 6)


def _guessing(described: Described, tensors: Tensors | None, stored: Quantization) -> float | None:
    """Billions of weights in layers that guess ahead, each as large as the others are. Some files lack those that
    config.json counts, and some have them in 16 bit beside 8-bit weights."""
    if tensors is None or tensors.guessing_gib is None:
        return described.shape.guessing_b
    return round(tensors.guessing_gib * 2**30 / stored.bytes_per_weight / 1e9, 6) or None


def _config(source: Source) -> Mapping[str, Any]:
    if CONFIG in source.files:
        return read_json(source.text(CONFIG), CONFIG)
    messages = _not_read()
    for file, message in messages["files"].items():
        if file in source.files:
            raise NotSized([(file, message)])
    for ending, message in messages["endings"].items():
        if any(name.endswith(ending) for name in source.files):
            raise NotSized([(CONFIG, message)])
    raise NotSized([(CONFIG, "missing")])


@cache
def _not_read() -> Mapping[str, Mapping[str, str]]:
    """The messages for repositories without a config.json, by file name and by ending."""
    return tomllib.loads(_NOT_READ.read_text(encoding="utf-8"))


# In the order in which the engine looks for them (transformers_utils/config.py).
_SENTENCE = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)


def _beside(source: Source) -> Beside:
    def said(file: str) -> Mapping[str, Any] | None:
        return read_json(source.text(file), file) if file in source.files else None

    return Beside(
        tokenizer=said("tokenizer_config.json"),
        sentence=next((found for name in _SENTENCE if (found := said(name))), None),
        quantized=said("hf_quant_config.json"),
        pools="modules.json" in source.files,
        pipeline=source.pipeline,
    )


def _tensors(source: Source, is_guessing: Callable[[str], bool]) -> tuple[Tensors | None, str]:
    """The sizes in the files that an engine reads, and where these sizes come from."""
    shards = _shards(source)
    if shards and all(name in source.files for name in shards):
        return counted((source.header(name) for name in shards), is_guessing), f"the headers of {len(shards)} file(s)"
    for index in (INDEX, _OLD_INDEX):
        if index in source.files and (size := _total(source, index)):
            return Tensors({_SEVERAL: size / 2**30}), f"the total of {index}"
    old = [size for name, size in source.files.items() if name.endswith(".bin") and name.startswith("pytorch_model")]
    if old and all(old):
        return Tensors({_SEVERAL: sum(size or 0 for size in old) / 2**30}), "the sizes of its .bin files"
    if shards:
        missing = [name for name in shards if name not in source.files]
        raise NotSized([(INDEX, f"names {missing[0]}, which isn't there, and says no total_size")])
    return None, ""


_SEVERAL = "of several dtypes"


def _shards(source: Source) -> list[str]:
    """The weight files. Mistral's second copy, `consolidated`, is left out, because it isn't downloaded."""
    if INDEX in source.files:
        places = read_json(source.text(INDEX), INDEX).get("weight_map")
        if not isinstance(places, dict) or not places:
            raise NotSized([(f"{INDEX}: weight_map", "missing")])
        return sorted({str(name) for name in places.values()})
    return [
        name
        for name in source.files
        if name.endswith(".safetensors") and "/" not in name and not name.startswith(("consolidated", "adapter_model"))
    ]


def _total(source: Source, index: str) -> int | None:
    said = read_json(source.text(index), index).get("metadata")
    size = said.get("total_size") if isinstance(said, dict) else None
    return int(size) if isinstance(size, int | float) and size > 0 else None
