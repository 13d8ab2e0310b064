"""What a model is for: chat, vectors or ranking, and what it reads beside text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.models.fields import Fields

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


def reads_at_once(text: Fields) -> bool:
    """An encoder, or a decoder whose attention was opened to both sides: the engine keeps no cache for either."""
    opened = text.value("is_causal") is False or text.value("use_bidirectional_attention") is True
    return text.model_type in _ENCODERS or opened


def is_headless(named: str) -> bool:
    """A class that ends in its last layer's states makes vectors of them."""
    return named.endswith("Model") and not named.endswith(_WITH_HEAD)


def task_of(config: Mapping[str, Any], text: Fields, named: str, beside: Beside, *, encoder: bool) -> Modality:
    """What it answers with, or else what it reads beside text. What is none of these is a mistake of `text`."""
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
    made_for = beside.pipeline in ("feature-extraction", "sentence-similarity")
    if encoder or beside.pools or is_headless(named) or made_for:
        return "embedding"
    part = config.get("thinker_config")
    return _reads(part if isinstance(part, Mapping) else config, config, text)


def _reads(parts: Mapping[str, Any], config: Mapping[str, Any], text: Fields) -> Modality:
    if any(parts.get(name) for name in _IMAGES):
        return "vision"
    if (heard := next((name for name in _SPEECH if parts.get(name)), None)) is not None:
        text.wrong(heard, "a model that hears: its encoder and the cache of its attention are not sized")
    return "text" if text.said is config else "vision"


def _labels(config: Mapping[str, Any]) -> int:
    """What a classifier tells apart; transformers' own default is two, and one is a score."""
    said, count = config.get("id2label"), config.get("num_labels")
    if isinstance(said, Mapping):
        return len(said)
    return count if isinstance(count, int) else 2
