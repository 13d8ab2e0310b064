"""The task of a model: chat, vectors or ranking; and what it reads in addition to text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.catalog.kinds import OTHER_TASK, SPEECH
from infra.models.fields import Fields, NotServed

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
    """Facts from files other than config.json that decide a length or the task."""

    tokenizer: Mapping[str, Any] | None = None
    sentence: Mapping[str, Any] | None = None  # sentence_bert_config.json
    quantized: Mapping[str, Any] | None = None  # hf_quant_config.json
    pools: bool = False  # there is a modules.json, so the model was made for vectors
    pipeline: str | None = None  # the hub's word for the task


def reads_at_once(text: Fields) -> bool:
    """Whether the model is an encoder, or a decoder whose attention reads both sides. The engine keeps no cache for
    either."""
    opened = text.value("is_causal") is False or text.value("use_bidirectional_attention") is True
    return text.model_type in _ENCODERS or opened


def is_headless(named: str) -> bool:
    """Whether the model's class has no output layer: it makes vectors of the last layer's states."""
    return named.endswith("Model") and not named.endswith(_WITH_HEAD)


def task_of(config: Mapping[str, Any], text: Fields, named: str, beside: Beside, *, encoder: bool) -> Modality:
    """The task of the model, or else the input that it reads in addition to text. Raises NotServed for
    a model with any other task."""
    if named.endswith("SequenceClassification"):
        if (labels := _labels(config)) != 1:
            got = f"{labels} labels: a classifier is neither for chat, nor for vectors, nor for ranking"
            raise NotServed(OTHER_TASK, [(f"{text.place}id2label", got)])
        return "rerank"
    if beside.pipeline == "text-ranking" and (encoder or not beside.pools):
        return "rerank"
    if named.endswith("RewardModel"):
        got = f"got {named}: a reward model is neither for chat, nor for vectors, nor for ranking"
        raise NotServed(OTHER_TASK, [(f"{text.place}architectures", got)])
    made_for = beside.pipeline in ("feature-extraction", "sentence-similarity")
    if encoder or beside.pools or is_headless(named) or made_for:
        return "embedding"
    part = config.get("thinker_config")
    return _reads(part if isinstance(part, Mapping) else config, config, text)


def _reads(parts: Mapping[str, Any], config: Mapping[str, Any], text: Fields) -> Modality:
    if any(parts.get(name) for name in _IMAGES):
        return "vision"
    if (heard := next((name for name in _SPEECH if parts.get(name)), None)) is not None:
        got = "a model that hears: its encoder and the cache of its attention are not sized"
        raise NotServed(SPEECH, [(f"{text.place}{heard}", got)])
    return "text" if text.said is config else "vision"


def _labels(config: Mapping[str, Any]) -> int:
    """The number of labels of a classifier. One label is a score; transformers' own default is two."""
    said, count = config.get("id2label"), config.get("num_labels")
    if isinstance(said, Mapping):
        return len(said)
    return count if isinstance(count, int) else 2
