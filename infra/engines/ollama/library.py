"""The library of Ollama: each tag is one file of weights that llama.cpp has quantized."""

from collections.abc import Mapping

from infra.catalog import Catalog, ModelShape
from infra.engines.engine import Library, Stored
from infra.engines.ollama.tags import tags

# Ollama takes the memory of the whole context when it loads. Its own default on small machines is 4,096.
CONTEXT = 8192
# The quantization of tags that name none.
DEFAULT = "Q4_K_M"


class OllamaLibrary(Library):
    noun = "an Ollama tag"
    sample = "llama3.2:3b"
    small = "llama3.2:1b"
    context = CONTEXT

    def names(self, catalog: Catalog) -> Mapping[str, object]:
        return tags()

    def owns(self, name: str, catalog: Catalog) -> bool:
        return name in tags() or ":" in name

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

    def stored(self, name: str, shape: ModelShape | None, catalog: Catalog) -> Stored:
        tag = tags().get(name)
        method = tags().quantization(name) or tags().methods[DEFAULT]
        known = tag is not None and tag.quantization is None
        if tag is not None:
            shape = catalog.models.get(tag.like or "")
            file_gib, own_context, task = tag.file_gib, tag.max_context, tag.task
        else:
            assert shape is not None
            file_gib = tags().file_gib(shape.params_b or 0, method)
            own_context, task = shape.max_context, shape.task
        bits = f"{method.bits_per_weight:.1f} bits per weight in {method.name}"
        return Stored(
            file_gib=file_gib,
            file_known=known,
            form="gguf",
            assumed="" if known else f"{name} is a file of {file_gib:.1f} GiB: {bits}",
            shape=shape,
            task=task,
            own_context=own_context,
            max_model_len=min(own_context, CONTEXT),
            length_reason=f"it could hold {own_context:,}, but Ollama takes the whole context's memory when it loads",
        )
