"""The library of Ollama: each tag is one file of weights that llama.cpp has quantized."""

from collections.abc import Iterator, Mapping
from typing import Literal

from infra.catalog import Catalog, ModelShape
from infra.engines.library import Library, Stored
from infra.engines.ollama.tags import tags
from infra.models.places import is_url
from infra.sizing.kv_cache import keeps_cache

# Ollama takes the memory of the whole context when it loads. Its own default on small machines is 4,096.
CONTEXT = 8192
# The quantization of tags that name none: files of encoders (nomic-embed-text, bge-m3) are in 16 bit.
DEFAULT, OF_ENCODERS = "Q4_K_M", "F16"


class OllamaLibrary(Library):
    noun = "an Ollama tag"
    sample = "llama3.2:3b"
    small = "llama3.2:1b"
    context = CONTEXT

    def names(self, catalog: Catalog) -> Mapping[str, object]:
        return _Known(catalog.tags)

    def owns(self, name: str, catalog: Catalog) -> bool:
        return name in tags() or (":" in name and not is_url(name))

    def refuse(self, name: str, catalog: Catalog) -> tuple[str, str] | None:
        method = tags().unknown_quantization(name)
        if method is None:
            return None
        got = f"{name} ends in {method}, which isn't a known quantization of llama.cpp"
        return got, f"write one of {', '.join(tags().methods)}, or leave it out"

    def like(self, name: str, catalog: Catalog) -> str | None:
        tag = tags().get(name)
        return tag.like if tag is not None else None

    def name_like(self, repository: str, catalog: Catalog) -> str | None:
        return next((name for name, each in tags().items() if each.like == repository), None)

    def read(self, name: str) -> ModelShape:
        from infra.engines.ollama.registry import read_tag  # brings a client of HTTP, which only this needs

        return read_tag(name)

    def stored(self, name: str, shape: ModelShape | None, catalog: Catalog) -> Stored:
        if (read := catalog.tags.get(name)) is not None:
            return _as_read(read)
        tag = tags().get(self.name_like(name, catalog) or name)
        encoder = shape is not None and not keeps_cache(shape)
        method = tags().quantization(name) or tags().methods[OF_ENCODERS if encoder else DEFAULT]
        known = tag is not None and tag.quantization is None
        if tag is not None:
            shape = catalog.models.get(tag.like or "")
            file_gib, own_context, task = tag.file_gib, tag.max_context, tag.task
        else:
            assert shape is not None
            file_gib = tags().file_gib(shape.params_b or 0, method)
            own_context, task = shape.max_context, shape.task
        bits = f"{method.bits_per_weight:.1f} bits per weight in {method.name}"
        assumed = "" if known else f"{name} is a file of {file_gib:.1f} GiB: {bits}"
        return _stored(file_gib, shape, task, own_context, assumed)


class _Known(Mapping[str, object]):
    """Tags that the lock has, then those of the catalogue."""

    def __init__(self, read: Mapping[str, ModelShape]) -> None:
        self._read = read

    def __getitem__(self, name: str) -> object:
        return self._read[name] if name in self._read else tags()[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._read, **dict.fromkeys(tags())})

    def __len__(self) -> int:
        return len({*self._read, *tags()})


def _as_read(shape: ModelShape) -> Stored:
    """A tag of which the registry's own manifest and file were read."""
    return _stored(shape.weights_gib or 0.0, shape, shape.task, shape.max_context, "")


def _stored(
    file_gib: float, shape: ModelShape | None, task: Literal["chat", "embed", "rerank"], context: int, assumed: str
) -> Stored:
    return Stored(
        file_gib=file_gib,
        file_known=not assumed,
        form="gguf",
        assumed=assumed,
        shape=shape,
        task=task,
        own_context=context,
        max_model_len=min(context, CONTEXT),
        length_reason=_why(context),
    )


def _why(context: int) -> str:
    if context <= CONTEXT:
        return "the longest that it has"
    return f"it could hold {context:,}, but Ollama takes the whole context's memory when it loads"
