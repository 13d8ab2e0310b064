"""Joins a model of the stack file with its facts."""

from collections.abc import Iterator
from dataclasses import replace

from infra.catalog import Catalog, ModelShape
from infra.catalog.types import Image
from infra.engines import ENGINES
from infra.models.places import place_of
from infra.plan.findings import Decided
from infra.plan.notes import Advice, Assumption, Chosen, Finding, Violation
from infra.plan.rules import Rule
from infra.plan.versions import ServerName
from infra.services.serving.adapters import adapters_gib, explain_adapters, slots_of
from infra.services.serving.on_cpu import is_on_cpu
from infra.services.serving.rope import rope_of
from infra.services.serving.section import Model, Task
from infra.services.serving.served import Served
from infra.services.serving.shapes import own_shape, shape_for
from infra.services.serving.speculation import draft_gib, draft_of, explain_speculation
from infra.sizing.question import Question
from infra.sizing.weights import stored_gib


def resolve(
    name: str, model: Model, catalog: Catalog, *, no_gpu_nodes: bool, next_of: str | None = None
) -> Decided[Served]:
    """Joins a model with its facts; `no_gpu_nodes`: the stack has no pool, and can't make one. `next_of`: the model
    whose next version it is."""
    server = ServerName(name, next_of)
    cpu = yield from _is_on_cpu(server, model, no_gpu_nodes=no_gpu_nodes)
    join = _of_library if ENGINES[model.engine].library is not None else _of_repository
    return (yield from join(server, model, catalog, cpu=cpu))


def _is_on_cpu(server: ServerName, model: Model, *, no_gpu_nodes: bool) -> Decided[bool]:
    found = is_on_cpu(model, no_gpu_nodes=no_gpu_nodes)
    if found and model.gpus is None:
        reason = "the CPU: the stack file has no GPU pool, and none can be made here"
        yield Chosen(f"{server.path}.gpus", 0, reason)
    return found


def _of_repository(server: ServerName, model: Model, catalog: Catalog, *, cpu: bool) -> Decided[Served]:
    shape = shape_for(model, catalog)
    yield from _check_length(server, model, shape)
    served = Served(
        name=server.name,
        next_of=server.next_of,
        settings=model,
        question=_question(model, shape, shape.task, shape.max_context, shape.max_context).but(
            draft=draft_of(model, catalog)
        ),
        form=None,
        image=engine_image(model, catalog),
        disk_gib=stored_gib(shape, model.quantization, catalog, own_repository=model.like is None),
        gated=_is_gated(model, shape),
        cpu=cpu,
        draft_gib=draft_gib(model, catalog),
        adapters_gib=adapters_gib(model, shape),
        rope=rope_of(model, own_shape(model, catalog), catalog),
    )
    yield from _assume_image(server, model, catalog)
    yield from explain_adapters(server.path, model)
    yield from explain_speculation(server.path, model, catalog)
    yield from _assume_weights(served, shape)
    yield from _of_lock(served, shape)
    return served


def _of_library(server: ServerName, model: Model, catalog: Catalog, *, cpu: bool) -> Decided[Served]:
    library = ENGINES[model.engine].library
    assert library is not None
    known = model.model in library.names(catalog)
    stored = library.stored(model.model, None if known else shape_for(model, catalog), catalog)
    if stored.assumed:
        yield Assumption(f"{server.path}.model", stored.assumed)
    yield from _assume_image(server, model, catalog)
    if model.max_model_len is None:
        yield Chosen(f"{server.path}.maxModelLen", stored.max_model_len, stored.length_reason)
    question = _question(model, stored.shape, stored.task, stored.own_context, stored.max_model_len)
    return Served(
        name=server.name,
        next_of=server.next_of,
        settings=model,
        question=question.but(file_gib=stored.file_gib, file_known=stored.file_known, quantization=None),
        form=stored.form,
        image=engine_image(model, catalog),
        disk_gib=stored.file_gib,
        gated=False,
        cpu=cpu,
    )


def engine_image(model: Model, catalog: Catalog) -> Image:
    """The pinned image, or the stack file's: of that one only the name is known."""
    pinned = catalog.engines[model.engine]
    return replace(pinned, image=model.image) if model.image is not None else pinned


def _assume_image(server: ServerName, model: Model, catalog: Catalog) -> Iterator[Finding]:
    if model.image is not None:
        pinned, title = catalog.engines[model.engine], ENGINES[model.engine].title
        yield Assumption(
            f"{server.path}.image",
            f"{model.image} gets the arguments of {title} {pinned.version}; what the engine itself needs of the memory,"
            f" its start and the image's size are those of {pinned.image}: nobody measured them with this image",
        )


def _is_gated(model: Model, shape: ModelShape) -> bool | None:
    """Whether the download needs a token; None: not known."""
    if place_of(model.model) is not None:
        return False
    return shape.needs_token if model.like is None and model.architecture is None else None


def _question(model: Model, shape: ModelShape | None, task: Task, own_context: int, max_model_len: int) -> Question:
    """`task`, `max_model_len`: where the stack file doesn't say them."""
    return Question(
        name=model.model,
        shape=shape,
        max_model_len=model.max_model_len or max_model_len,
        own_context=own_context,
        engine=ENGINES[model.engine],
        task=model.task or task,
        quantization=model.quantization,
        kv_cache_dtype=model.kv_cache_dtype,
        utilization=model.gpu_memory_utilization,
        max_num_seqs=model.max_num_seqs,
        max_num_batched_tokens=model.max_num_batched_tokens,
        concurrency=model.concurrency or 1,
        gpus=model.gpus,
        whole_experts=ENGINES[model.engine].holds_whole_experts(model.extra_args),
        slots=slots_of(model),
        planned=True,
        few_graphs=model.cuda_graphs == "few",
        own_repository=model.like is None,
    )


def _check_length(server: ServerName, model: Model, shape: ModelShape) -> Iterator[Finding]:
    path, context = f"{server.path}.maxModelLen", shape.max_context
    if model.max_model_len is None:
        yield Chosen(path, context, f"the context of {shape.id}: none is asked for")
    elif model.max_model_len > context:
        message = f"{server.name}: {model.max_model_len:,} tokens are asked for; {shape.id} was trained for {context:,}"
        fix = f"{path}: {context}"
        yield Violation(Rule.CONTEXT, path, message, fix, (Advice(((path, context),), fix),))


def _of_lock(served: Served, shape: ModelShape) -> Iterator[Finding]:
    """What the lock decides, and where the stack file asks for other weights than those whose files were read."""
    asked, read, path = served.settings.revision, shape.revision, f"{served.path}.revision"
    if not served.is_itself:
        return
    if asked is None and read is not None:
        yield Chosen(path, read, "the commit at which models.lock was read")
    elif asked is not None and read is not None and asked != read:
        again = f"`llm-platform model add {served.settings.model}@{asked}` reads them at this one"
        yield Assumption(path, f"sized by the files of {served.settings.model} at {read[:7]}; {again}")
    if shape.weights_estimated:
        yield Assumption(
            f"{served.path}.model",
            f"the files of {served.settings.model} said no size: about {shape.weights_gib or 0:.1f} GiB of weights is"
            " an estimate from its config.json",
        )


def _assume_weights(served: Served, shape: ModelShape) -> Iterator[Finding]:
    repository, path = served.settings.model, f"{served.path}.quantization"
    if served.made_at_load is not None and shape.dtype is None:
        yield Assumption(
            path,
            f"{repository} is assumed to contain 16-bit weights, which nobody has looked up;"
            f" {served.question.engine.title} makes {served.made_at_load} of them as it loads",
        )
    elif (
        served.made_at_load is None
        and served.question.quantization is not None
        and (served.settings.like is not None or served.question.quantization != shape.dtype)
    ):
        yield Assumption(path, f"{repository} holds weights in {served.question.quantization} already")
