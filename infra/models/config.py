"""Turns a config.json into the shape of a model. Every value comes from the file or its type's defaults; none is
guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.catalog import ModelShape
from infra.models.cache import cache_of
from infra.models.code import needs_code
from infra.models.fields import Fields, NotSized, text_fields
from infra.models.layers import Keeps, kept, layer_count, refuse_kind
from infra.models.lengths import longest
from infra.models.parameters import Counted, parameters
from infra.models.quantized import Stored, stored_as
from infra.models.rotary import rotary_bytes
from infra.models.task import Beside, is_headless, reads_at_once, task_of
from infra.models.towers import tower_parameters
from infra.models.understood import refuse_unknown


@dataclass(frozen=True)
class Described:
    """The shape, how its weights are stored, and their number according to the fields."""

    shape: ModelShape
    stored: Stored
    counted: Counted


def shape_of_config(name: str, config: Mapping[str, Any], beside: Beside, source: str) -> Described:
    """The model that a config.json describes. Raises NotSized."""
    top, text = Fields(config), text_fields(config)
    refuse_kind(top, text)
    for each in ("hidden_size", "layers", "attention_heads", "vocab_size"):
        text.needed(each)
    if text.mistakes:  # whatever is computed from them would be a mistake too
        raise NotSized(list(dict.fromkeys(text.mistakes)))
    encoder = reads_at_once(text)
    refuse_unknown(text)
    named = _architecture(config)
    cache = cache_of(text, named, encoder=encoder)
    headless = beside.pools or is_headless(named or "")
    tied = _tied(top, text)
    kinds: list[Keeps] = ["full"] * layer_count(text) if encoder else kept(text)
    hidden = text.needed("hidden_size")
    if text.mistakes:
        raise NotSized(list(dict.fromkeys(text.mistakes)))
    counted = parameters(text, cache, kinds, tied=tied or headless, tower=tower_parameters(top, hidden))
    context = longest(text, beside.tokenizer if encoder else None, beside.sentence)
    stored = stored_as(config, text.said, beside.quantized)
    experts = text.whole("experts", minimum=0) or None
    chosen = text.needed("experts_per_token") if experts else None
    if chosen is not None and chosen > (experts or 0):
        text.wrong(text.key("experts_per_token"), f"got {chosen}, and there are {experts} experts")
    modality = task_of(config, text, named or "", beside, encoder=encoder)
    shape = ModelShape(
        id=name,
        max_context=context,
        modality=modality,
        source=source,
        params_b=round(counted.all / 1e9, 6),
        active_params_b=round(counted.active / 1e9, 6),
        layers=layer_count(text),
        hidden_size=hidden,
        intermediate_size=text.whole("intermediate_size"),
        expert_size=(text.whole("expert_size") or text.whole("intermediate_size")) if experts else None,
        vocab_size=text.needed("vocab_size"),
        tie_word_embeddings=tied,
        num_experts=experts,
        experts_per_token=chosen,
        dtype=stored.dtype,
        architecture=named,
        model_type=top.model_type or text.model_type,
        quantization_block=stored.block,
        custom_code=needs_code(config, beside.tokenizer),
        guessing_b=round(counted.guessing / 1e9, 6) or None,
        rotary_bytes=rotary_bytes(text, cache),
        vector_sizes=_vector_sizes(top) if modality == "embedding" else None,
        **vars(cache),
    )
    if text.mistakes or top.mistakes:
        raise NotSized(list(dict.fromkeys((*text.mistakes, *top.mistakes))))
    return Described(shape, stored, counted)


def _tied(top: Fields, text: Fields) -> bool:
    """Whether the output layer is the embedding. The decoder's own part of the file decides, if it says so."""
    for said in (text.said, top.said):
        if isinstance(said.get("tie_word_embeddings"), bool):
            return said["tie_word_embeddings"]
    if top.said is not text.said and (usual := top.flag("tie_word_embeddings")) is not None:
        return usual
    return bool(text.flag("tie_word_embeddings"))


def _vector_sizes(top: Fields) -> tuple[int, ...] | None:
    """The sizes that the engine allows a request to ask for: those that are listed, else any where vectors may be
    cut."""
    key, any_size = "matryoshka_dimensions", top.flag("is_matryoshka")
    listed = top.several(key) or ()
    if any(isinstance(each, bool) or not isinstance(each, int) or each < 1 for each in listed):
        top.wrong(key, f"got {listed}, must be whole numbers, 1 or more")
        return None
    return tuple(sorted(listed)) if listed or any_size else None


def _architecture(config: Mapping[str, Any]) -> str | None:
    named = config.get("architectures")
    return named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None
