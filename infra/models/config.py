"""A config.json as the shape of a model: what it says is taken over, what it doesn't say is never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.catalog import ModelShape
from infra.models.cache import cache_of
from infra.models.code import needs_code
from infra.models.fields import Fields, NotSized, text_fields
from infra.models.layers import Keeps, kept, layer_count, refuse_kind
from infra.models.lengths import longest
from infra.models.parameters import Counted, parameters
from infra.models.quantized import Stored, stored_as
from infra.models.towers import tower_parameters
from infra.models.understood import refuse_unknown

# Types that read their whole input at once, and keep no cache.
_ENCODERS = frozenset(
    (
        *("bert", "roberta", "xlm-roberta", "xlm_roberta", "camembert", "electra", "mpnet", "distilbert"),
        *("albert", "deberta", "deberta-v2", "modernbert", "nomic_bert", "new", "gte", "ernie", "eurobert"),
        *("neobert", "roformer", "jina_bert", "xlm-roberta-flash", "bert-generation"),
    )
)
_IMAGES = ("vision_config", "vision_tower_config", "vit_config", "img_processor", "mm_vision_tower", "visual", "vision")
_SPEECH = ("audio_config", "audio_encoder_config", "speech_config", "encoder_config")
_WITH_HEAD = ("ChatModel", "LMHeadModel", "GLMModel", "NVLM_D_Model")
Modality = Literal["text", "vision", "audio", "embedding", "rerank"]


@dataclass(frozen=True)
class Beside:
    """What files beside config.json say that decides a length or the task."""

    tokenizer: Mapping[str, Any] | None = None
    sentence: Mapping[str, Any] | None = None  # sentence_bert_config.json
    quantized: Mapping[str, Any] | None = None  # hf_quant_config.json
    pools: bool = False  # modules.json is there: it was made for vectors
    pipeline: str | None = None  # the hub's word for the task


@dataclass(frozen=True)
class Described:
    """The shape, how its weights are stored, and how many the fields give."""

    shape: ModelShape
    stored: Stored
    counted: Counted


def shape_of_config(name: str, config: Mapping[str, Any], beside: Beside, source: str) -> Described:
    """What a config.json describes. Raises NotSized."""
    top, text = Fields(config), text_fields(config)
    refuse_kind(top, text)
    encoder = text.model_type in _ENCODERS
    refuse_unknown(text)
    cache = cache_of(text, encoder=encoder)
    named = _architecture(config)
    headless = beside.pools or _is_headless(named or "")
    tied = _tied(top, text)
    kinds: list[Keeps] = ["full"] * layer_count(text) if encoder else kept(text)
    hidden = text.needed("hidden_size")
    if text.mistakes:
        raise NotSized(list(dict.fromkeys(text.mistakes)))
    counted = parameters(text, cache, kinds, tied=tied or headless, tower=tower_parameters(top, hidden))
    context = longest(text, beside.tokenizer if encoder else None, beside.sentence)
    stored = stored_as(config, text.said, beside.quantized)
    experts = text.whole("experts", least=0) or None
    shape = ModelShape(
        id=name,
        max_context=context,
        modality=_modality(config, text, beside, encoder=encoder),
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
        experts_per_token=text.needed("experts_per_token") if experts else None,
        dtype=stored.dtype,
        architecture=named,
        model_type=top.model_type or text.model_type,
        quantization_block=stored.block,
        custom_code=needs_code(config, beside.tokenizer),
        **vars(cache),
    )
    if text.mistakes or top.mistakes:
        raise NotSized(list(dict.fromkeys((*text.mistakes, *top.mistakes))))
    return Described(shape, stored, counted)


def _tied(top: Fields, text: Fields) -> bool:
    """Whether the output layer is the embedding; the decoder's own part says it first."""
    for said in (text.said, top.said):
        if isinstance(said.get("tie_word_embeddings"), bool):
            return said["tie_word_embeddings"]
    if top.said is not text.said and (usual := top.flag("tie_word_embeddings")) is not None:
        return usual
    return bool(text.flag("tie_word_embeddings"))


def _is_headless(named: str) -> bool:
    """A class that ends in its last layer's states makes vectors of them."""
    return named.endswith("Model") and not named.endswith(_WITH_HEAD)


def _architecture(config: Mapping[str, Any]) -> str | None:
    named = config.get("architectures")
    return named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None


def _modality(config: Mapping[str, Any], text: Fields, beside: Beside, *, encoder: bool) -> Modality:
    """What it answers with, or else what it reads beside text."""
    named = _architecture(config) or ""
    if named.endswith("SequenceClassification"):
        if (labels := _labels(config)) != 1:
            text.wrong(
                "id2label", f"{labels} labels: a classifier is neither for chat, nor for vectors, nor for ranking"
            )
        return "rerank"
    if beside.pipeline == "text-ranking" and (encoder or not beside.pools):
        return "rerank"
    if named.endswith("RewardModel"):
        text.wrong(
            "architectures", f"got {named}: a reward model is neither for chat, nor for vectors, nor for ranking"
        )
    if (
        encoder
        or beside.pools
        or _is_headless(named)
        or text.value("is_causal") is False
        or beside.pipeline in ("feature-extraction", "sentence-similarity")
    ):
        return "embedding"
    part = config.get("thinker_config")
    parts = part if isinstance(part, Mapping) else config
    if any(parts.get(name) for name in _IMAGES) or (text.said is not config and text.model_type != "voxtral"):
        return "audio" if any(parts.get(name) for name in _SPEECH) and not _sees(parts) else "vision"
    return "audio" if any(parts.get(name) for name in _SPEECH) else "text"


def _labels(config: Mapping[str, Any]) -> int:
    """What a classifier tells apart; transformers' own default is two, and one is a score."""
    said, count = config.get("id2label"), config.get("num_labels")
    if isinstance(said, Mapping):
        return len(said)
    return count if isinstance(count, int) else 2


def _sees(parts: Mapping[str, Any]) -> bool:
    return any(parts.get(name) for name in _IMAGES)
