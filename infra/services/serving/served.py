"""A model of the stack file joined with what the catalogue knows of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from infra.catalog import AT_LOAD, Catalog, ModelShape
from infra.catalog.types import Image
from infra.engines import ENGINES, Engine
from infra.engines.engine import Library
from infra.plan.findings import Decided
from infra.plan.models import Replicas
from infra.plan.notes import Advice, Assumption, Chosen, Finding, Violation, Write
from infra.plan.rules import Rule
from infra.services.serving.section import Model
from infra.settings.architecture import Architecture, read_architecture
from infra.sizing.kv_cache import kv_bytes_per_token
from infra.sizing.question import Question
from infra.sizing.weights import in_16_bit, stored_gib


@dataclass(frozen=True)
class Served:
    """One model, ready to be sized."""

    name: str
    settings: Model
    shape: ModelShape | None  # None: of an engine's own library, where it isn't known
    file_gib: float | None  # of an engine's own library; None: the files of a repository
    file_known: bool  # False: sized by bits per weight
    form: str | None  # of that file's weights
    engine: Engine
    image: Image  # of the engine
    task: Literal["chat", "embed", "rerank"]
    quantization: str | None
    own_context: int  # what the model was trained for
    max_model_len: int
    disk_gib: float
    gated: bool | None
    replicas: Replicas
    cpu: bool

    @property
    def path(self) -> str:
        return f"models.{self.name}"

    def write(self, changes: Iterable[tuple[str, Any]]) -> Write:
        """Its keys in the stack file with their paths; None takes one out, and only where the stack file has it."""
        model = self.settings
        given = {type(model).model_fields[name].alias or name for name in model.model_fields_set}
        return tuple((f"{self.path}.{key}", value) for key, value in changes if value is not None or key in given)

    @property
    def kv_bytes_per_token(self) -> float | None:
        """Of the whole model in 16 bit; None where its shape isn't known."""
        return kv_bytes_per_token(self.shape, 1, 2) if self.shape else None

    @cached_property
    def question(self) -> Question:
        """What is asked of the model, wherever it is placed."""
        return Question(
            name=self.settings.model,
            shape=self.shape,
            max_model_len=self.max_model_len,
            own_context=self.own_context,
            engine=self.engine,
            task=self.task,
            file_gib=self.file_gib,
            file_known=self.file_known,
            quantization=self.quantization,
            kv_cache_dtype=self.settings.kv_cache_dtype,
            utilization=self.settings.gpu_memory_utilization,
            max_num_seqs=self.settings.max_num_seqs,
            concurrency=self.settings.concurrency or 1,
            gpus=self.settings.gpus,
            whole_experts=self.engine.limits.whole_experts in self.settings.extra_args,
            planned=True,
            own_repository=self.settings.like is None,
        )

    @property
    def made_at_load(self) -> str | None:
        """The quantization that is an argument of the engine; a repository of quantized weights needs none."""
        own = self.settings.like is None and self.shape is not None and in_16_bit(self.shape)
        return self.quantization if own and self.quantization in AT_LOAD else None

    @property
    def embedding_size(self) -> int | None:
        """Numbers in a vector: an embedding is the last layer's state."""
        return self.shape.hidden_size if self.shape and self.task == "embed" else None


def resolve(name: str, model: Model, catalog: Catalog, *, no_gpu_nodes: bool) -> Decided[Served]:
    """Joins a model with its facts; `no_gpu_nodes`: the stack has no pool, and can't make one."""
    engine = ENGINES[model.engine]
    cpu = yield from _is_on_cpu(name, model, engine, no_gpu_nodes=no_gpu_nodes)
    if engine.library is not None:
        return (yield from _of_library(name, model, engine, engine.library, catalog, cpu=cpu))
    shape = _shape(model, catalog)
    path = f"models.{name}"
    if model.max_model_len is None:
        yield Chosen(f"{path}.maxModelLen", shape.max_context, f"the context of {shape.id}: none is asked for")
    elif model.max_model_len > shape.max_context:
        yield Violation(
            Rule.CONTEXT,
            f"{path}.maxModelLen",
            f"{name}: {model.max_model_len:,} tokens are asked for; {shape.id} was trained for {shape.max_context:,}",
            f"{path}.maxModelLen: {shape.max_context}",
            (Advice(((f"{path}.maxModelLen", shape.max_context),), f"{path}.maxModelLen: {shape.max_context}"),),
        )
    served = Served(
        name=name,
        settings=model,
        shape=shape,
        file_gib=None,
        file_known=True,
        form=None,
        engine=engine,
        image=catalog.engines[engine.name],
        task=model.task or shape.task,
        quantization=model.quantization,
        own_context=shape.max_context,
        max_model_len=model.max_model_len or shape.max_context,
        disk_gib=stored_gib(shape, model.quantization, catalog, own_repository=model.like is None),
        gated=shape.gated if model.like is None and model.architecture is None else None,
        replicas=Replicas(model.replicas.min, model.replicas.max),
        cpu=cpu,
    )
    yield from _assume_weights(served, shape)
    return served


def _assume_weights(served: Served, shape: ModelShape) -> Iterator[Finding]:
    repository, path = served.settings.model, f"{served.path}.quantization"
    if served.made_at_load is not None and shape.dtype is None:
        yield Assumption(
            path,
            f"{repository} is taken to hold 16-bit weights, which nobody has looked up;"
            f" {served.engine.title} makes {served.made_at_load} of them as it loads",
        )
    elif (
        served.made_at_load is None
        and served.quantization is not None
        and (served.settings.like is not None or served.quantization != shape.dtype)
    ):
        yield Assumption(path, f"{repository} holds weights in {served.quantization} already")


def _is_on_cpu(name: str, model: Model, engine: Engine, *, no_gpu_nodes: bool) -> Decided[bool]:
    if model.gpus is None and no_gpu_nodes and engine.limits.cpu:
        reason = "the CPU: the stack file has no GPU pool, and none can be made here"
        yield Chosen(f"models.{name}.gpus", 0, reason)
        return True
    return model.gpus == 0


def _of_library(
    name: str, model: Model, engine: Engine, library: Library, catalog: Catalog, *, cpu: bool
) -> Decided[Served]:
    known = model.model in library.names(catalog)
    stored = library.stored(model.model, None if known else _shape(model, catalog), catalog)
    if stored.assumed:
        yield Assumption(f"models.{name}.model", stored.assumed)
    if model.max_model_len is None:
        yield Chosen(f"models.{name}.maxModelLen", stored.max_model_len, stored.length_reason)
    return Served(
        name=name,
        settings=model,
        shape=stored.shape,
        file_gib=stored.file_gib,
        file_known=stored.file_known,
        form=stored.form,
        engine=engine,
        image=catalog.engines[engine.name],
        task=model.task or stored.task,
        quantization=None,
        own_context=stored.own_context,
        max_model_len=model.max_model_len or stored.max_model_len,
        disk_gib=stored.file_gib,
        gated=False,
        replicas=Replicas(model.replicas.min, model.replicas.max),
        cpu=cpu,
    )


def _shape(model: Model, catalog: Catalog) -> ModelShape:
    if model.architecture is not None:
        return shape_of(model.model, read_architecture(model.architecture))
    return catalog.models[model.like or model.model]


def shape_of(name: str, given: Architecture) -> ModelShape:
    """The shape that a decoder's config.json describes; its weights are counted from it."""
    hidden, layers, heads = given.hidden_size, given.num_hidden_layers, given.num_attention_heads
    kv_heads = given.num_key_value_heads or heads
    head_dim = given.head_dim or hidden // heads
    experts, vocabulary = given.num_experts, given.vocab_size
    intermediate = given.moe_intermediate_size if experts and given.moe_intermediate_size else given.intermediate_size
    tied = given.tie_word_embeddings
    attention = hidden * head_dim * (2 * heads + 2 * kv_heads)
    weights = layers * (attention + 3 * hidden * intermediate * (experts or 1)) + vocabulary * hidden * (
        1 if tied else 2
    )
    return ModelShape(
        id=name,
        max_context=given.max_position_embeddings,
        modality="text",
        source="the stack file",
        params_b=weights / 1e9,
        layers=layers,
        hidden_size=hidden,
        intermediate_size=intermediate,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        vocab_size=vocabulary,
        num_experts=experts,
        experts_per_token=given.num_experts_per_tok if experts else None,
        tie_word_embeddings=tied,
        attention="gqa" if kv_heads < heads else "mha",
        sliding_window=given.sliding_window,
        dtype={"float16": "fp16", "float32": "fp32"}.get(given.torch_dtype or "", "bf16"),
        gated=False,
    )
