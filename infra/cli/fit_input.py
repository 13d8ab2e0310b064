"""The arguments of `fit`: read, and every mistake in them named at once."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.catalog import (
    AT_LOAD,
    Catalog,
    Gpu,
    Instance,
    ModelShape,
    Slice,
    gpu_named,
    gpus_named,
    similar_gpus,
    slice_named,
)
from infra.catalog.gpu_names import card_of_memory, counted, same_chip
from infra.catalog.instances_named import types_to_write
from infra.catalog.method_names import stored_by_name
from infra.cli.fit_beside import Beside
from infra.engines import DEFAULT, ENGINES, Engine, with_library
from infra.models.places import is_url
from infra.offers.sizing import can_run
from infra.plan.words import regions_with
from infra.settings.meant import meant
from infra.settings.mistakes import nearest
from infra.sizing.question import Question, Version, version_in
from infra.sizing.splitting import counts_that_split
from infra.sizing.weights import in_16_bit

KV_CACHE_DTYPES = ("auto", "fp8", "fp8_e4m3", "fp8_e5m2", "bfloat16", "float16")
MAX_GPUS, MAX_GIB, MAX_TOKENS, MAX_SEQS = 16, 100_000, 10_485_760, 65_536
MAX_USD = 10_000  # per million tokens
LIKE = "`like:` a known model of the same shape, or `architecture:` its config.json,"
# Contexts that no scaling of positions reaches.
ABSURD = 16


@dataclass(frozen=True)
class AskedAlone:
    """A model that no stack file has, as engines refuse one; it deploys nothing, so nothing is to be acknowledged."""

    model: str
    like: str | None = None
    architecture: None = None
    quantization: str | None = None
    acknowledge_maintenance_mode: bool = True


@dataclass(frozen=True)
class Where:
    """The GPUs that were named: of an instance type, or by name or memory; neither: every type is looked at."""

    instance: Instance | None = None
    gpu: Gpu | None = None
    gpus: int | None = None


class BadInput(Exception):
    """Every mistake: (what was written, what is wrong with it and what to write)."""

    def __init__(self, mistakes: list[tuple[str, str]]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes


def read(model: str, given: Mapping[str, str | None], catalog: Catalog) -> tuple[Question, Where, float | None]:
    """The question, where it is asked, an API's price. `given` holds the options by name, as typed. Raises BadInput."""
    return _Reader(given, catalog).read(model)


class _Reader:
    def __init__(self, given: Mapping[str, str | None], catalog: Catalog) -> None:
        self._given = given
        self._catalog = catalog
        self._mistakes: list[tuple[str, str]] = []

    def read(self, model: str) -> tuple[Question, Where, float | None]:
        owner = with_library(model, self._catalog)
        engine = ENGINES[self._choice("engine", tuple(ENGINES)) or (owner.name if owner else DEFAULT)]
        self._check_region()
        where = self._where()
        length = self._whole("max-model-len", MAX_TOKENS, "tokens")
        question = self._question(model, engine, length, where)
        if question is not None:
            self._check(question, where)
        api_price = self._number("api-price", MAX_USD, "dollars per million output tokens")
        if self._mistakes or question is None:
            raise BadInput(self._mistakes)
        return question, where, api_price

    def _question(self, model: str, engine: Engine, length: int | None, where: Where) -> Question | None:
        library = engine.library
        known = library is not None and model in library.names(self._catalog)
        like = self._given.get("like")
        shape = None if known else self._catalog.models.get(like or model)
        stored = library.stored(model, shape, self._catalog) if library and (known or shape) else None
        shape = stored.shape if stored else shape
        if stored is None and shape is None:
            self._unknown_model(like or model, engine)
        elif shape is not None and shape.left_out is not None:
            self._wrong(model, f"can't be sized: {shape.left_out}. Write {LIKE} in a stack file")
        elif shape is not None:
            self._check_quantization(model, shape)
        beside = Beside(self._given, self._catalog, self._whole, self._number, self._wrong)
        if shape is not None:
            shape = beside.stretched(shape, engine, length)
        own = stored.own_context if stored else shape.max_context if shape else MAX_TOKENS
        version = self._version()
        ours = where.gpu is None and version is None  # an instance type runs the engine of the platform, as a plan does
        question = Question(
            name=model,
            shape=shape,
            max_model_len=length or (stored.max_model_len if stored else own),
            own_context=own,
            engine=engine,
            task=shape.task if shape else stored.task if stored else "chat",
            file_gib=stored.file_gib if stored else None,
            file_known=stored is not None and stored.file_known,
            quantization=self._quantization(engine),
            kv_cache_dtype=self._choice("kv-cache-dtype", KV_CACHE_DTYPES) or "auto",
            utilization=self._number("gpu-memory-utilization", 1, "a share of the memory"),
            max_num_seqs=self._whole("max-num-seqs", MAX_SEQS, "sequences"),
            max_num_batched_tokens=self._whole("max-num-batched-tokens", MAX_TOKENS, "tokens"),
            concurrency=self._whole("concurrency", MAX_SEQS, "requests") or 1,
            gpus=where.gpus,
            own_repository=like is None,
            version=version,
            version_known=version is not None or (ours and not self._given.get("engine-version")),
            planned=ours,
        )
        if stored is None and shape is None:
            return None
        return beside.added(question)

    def _version(self) -> Version | None:
        given = self._given.get("engine-version")
        if given is None:
            return None
        version = version_in(given)
        if version is None:
            self._wrong(f"--engine-version {given}", "a version, such as 0.26.0")
        return version

    def _where(self) -> Where:
        name, type_name = self._given.get("gpu"), self._given.get("instance-type")
        gib = self._number("gpu-memory-gib", MAX_GIB, "GiB")
        gpus = self._whole("gpus", MAX_GPUS, "GPUs")
        if type_name is not None:
            if name is not None or gib is not None:
                self._wrong(
                    f"--instance-type {type_name}", "names the GPU already; leave --gpu and --gpu-memory-gib out"
                )
            return Where(instance=self._instance(type_name, gpus), gpus=gpus)
        if name is None and gib is None:
            if gpus is not None:
                self._wrong(f"--gpus {gpus}", "of which GPU? name one with --gpu, or its --gpu-memory-gib")
            return Where()
        cut = slice_named(name or "", self._catalog.gpus)
        return Where(gpu=self._slice(cut, gib, gpus) if cut else self._gpu(name, gib), gpus=gpus)

    def _slice(self, cut: Slice, gib: float | None, gpus: int | None) -> Gpu | None:
        """A share of a card: neither its memory nor its speed is the card's."""
        less = f", a little less than {cut.gb}" if cut.gb else ""
        if gpus is not None and gpus > 1:
            self._wrong(f"--gpus {gpus}", "an engine runs on one MIG slice")
        if gib is None:
            self._wrong(f"--gpu {cut.name}", f"a MIG slice; give its --gpu-memory-gib{less}")
            return None
        if cut.gb is not None and gib > cut.gb:
            self._wrong(f"--gpu-memory-gib {gib:g}", f"{cut.name} is a MIG slice; write what an engine sees{less}")
        return replace(card_of_memory(cut.name, gib, cut.card, "--gpu-memory-gib"), slice=True)

    @property
    def _region(self) -> str | None:
        given = self._given.get("region")
        return given if given in self._catalog.regions else None

    def _check_region(self) -> None:
        given = self._given.get("region")
        if given is not None and self._region is None:
            if given in self._catalog.other_regions:
                known = ", ".join(self._catalog.near(given))
                self._wrong(
                    f"--region {given}",
                    f"the catalogue has no instance types and no prices for it; known near it: {known}",
                )
                return
            near = nearest(given, self._catalog.regions, 3, 0.6) or [*self._catalog.regions]
            self._wrong(f"--region {given}", f"no region with GPU instance types; known: {', '.join(near)}")

    def _instance(self, name: str, gpus: int | None) -> Instance | None:
        instance = self._catalog.instances.get(name)
        if instance is None:
            write = types_to_write(name, self._catalog, self._region)
            near = f"; {write}" if write else _near(name, self._catalog.instances)
            self._wrong(f"--instance-type {name}", f"unknown GPU instance type{near}")
        elif instance.left_out and instance.usd_per_hour is not None:
            self._wrong(f"--instance-type {name}", f"can't serve: {instance.left_out}")
        elif self._region is not None and not self._catalog.zones_of(name, self._region):
            self._wrong(f"--instance-type {name}", f"no zone of {self._region} offers it; {self._there(name)}")
        elif gpus is not None and gpus > instance.gpus:
            self._wrong(f"--gpus {gpus}", f"{name} has {instance.gpus}; a model is split within one node")
        return instance

    def _there(self, name: str) -> str:
        """Without the type, `fit` lists every type of the region that serves the model."""
        return (
            f"leave --instance-type out for the types of {self._region} that serve the model, or name"
            f" {regions_with(name, self._catalog.regions_of(name, self._region or ''))}"
        )

    def _gpu(self, name: str | None, gib: float | None) -> Gpu | None:
        several = counted(name, self._catalog.gpus) if name is not None else None
        if several is not None:
            self._wrong(f"--gpu {name}", f"a number and a card; write --gpu {several[1]} --gpus {several[0]}")
            return None
        known = gpu_named(name, self._catalog.gpus) if name is not None else None
        if gib is not None:
            chip = known or same_chip(name or "", self._catalog.gpus)
            return card_of_memory(known.name if known else name, gib, chip, "--gpu-memory-gib")
        if known is None or known.engine_gib is None:
            near = similar_gpus(name or "", self._catalog.gpus)
            sizes = ", ".join(f"{self._catalog.gpus[each].engine_gib:.0f}" for each in near)
            written = f"write {'one of ' * (len(near) > 1)}{', '.join(near)} ({sizes} GiB), or " if near else ""
            write = f"; {written}give its --gpu-memory-gib"
            several = "has several sizes" if len(gpus_named(name or "", self._catalog.gpus)) > 1 else "unknown GPU"
            got = several if known is None else "its memory isn't known here"
            self._wrong(f"--gpu {name}", got + write)
            return None
        return known

    def _check(self, question: Question, where: Where) -> None:
        length, own = question.max_model_len, question.own_context
        if length > ABSURD * own:
            self._wrong(f"--max-model-len {length}", f"{question.name} was trained for {own:,} tokens")
        gpu = where.gpu or (self._catalog.gpus[where.instance.gpu] if where.instance else None)
        if gpu is not None and not can_run(question, gpu, self._catalog):
            self._wrong(*_cannot_run(question, where, gpu, self._catalog))
        shape, gpus = question.shape, where.gpus or 1
        asked = AskedAlone(question.name, self._given.get("like"), quantization=question.quantization)
        for each in question.engine.refuse(asked, shape, self._catalog) if self._is_pinned(question) else ():
            self._wrong(self._named(each.key, asked), f"{each.got}; {each.write.replace('engine: ', '--engine ')}")
        if shape is not None and (why := question.obstacle(gpus)) is not None:
            allowed = ", ".join(map(str, counts_that_split(shape, question.quantization)))
            self._wrong(f"--gpus {gpus}", f"{why}; {question.name} can be split over {allowed}")

    def _is_pinned(self, question: Question) -> bool:
        """Whether the version that is asked about is the one whose refusals are known."""
        image = self._catalog.engines.get(question.engine.name)
        return image is None or question.version in (None, version_in(image.version))

    def _named(self, key: str, asked: AskedAlone) -> str:
        """A key of the model in the stack file, as an option of this command."""
        return asked.model if key == "model" else f"--{key} {self._given.get(key) or DEFAULT}"

    def _quantization(self, engine: Engine) -> str | None:
        name = self._given.get("quantization")
        if name is not None and (why := engine.limits.refused_keys.get("quantization")) is not None:
            self._wrong(f"--quantization {name}", why)
            return None
        if name is not None and name not in self._catalog.quantizations:
            known = ", ".join(self._catalog.quantizations)
            self._wrong(f"--quantization {name}", f"unknown; known: {known}")
            return None
        return name

    def _check_quantization(self, model: str, shape: ModelShape) -> None:
        """Engines quantize to some methods as they load; the others are how a repository's weights are stored."""
        name, said = self._given.get("quantization"), stored_by_name(model)
        if self._given.get("like"):
            if said is not None and (name or shape.dtype) not in said[1]:
                why = f"says {said[0]} in its name, and would be sized as {name or shape.dtype or 'bf16'}"
                write = f"add --quantization {said[1][0]} if it holds such weights, or " if said[1] else ""
                self._wrong(model, f"{why}; {write}run llm-platform model add {model}, which reads its own files")
            return
        if name not in self._catalog.quantizations or name == shape.dtype:
            return
        if name in AT_LOAD:
            if not in_16_bit(shape):
                why = f"{model} holds {shape.dtype}, and an engine makes {name} of 16-bit weights only; leave it out"
                self._wrong(f"--quantization {name}", why)
            return
        known = self._catalog.quantized_repositories.get((model, name or ""))
        search = f"huggingface.co/models?search={model.rpartition('/')[2]}"
        write = f"write `fit {known}`" if known else f"if {search} has a repository of it in {name}, name that"
        why = f"{name} is made beforehand, and {model} holds {shape.dtype or 'other weights'}"
        self._wrong(f"--quantization {name}", f"{why}; {write}, or leave it out")

    def _unknown_model(self, model: str, engine: Engine) -> None:
        refused = engine.library.refuse(model, self._catalog) if engine.library else None
        if refused is not None:
            self._wrong(model, f"{refused[0]}; {refused[1]}")
            return
        known = engine.library.names(self._catalog) if engine.library else self._catalog.models
        near = nearest(model, known, 3, 0.4)
        if not near:
            near = [name for name in known if model.rpartition("/")[2].lower() in name.lower()][:3]
        those = f"; nearest: {', '.join(near)}. Else " if near else "; "
        copy = " --from DIR" if is_url(model) else ""
        read = f"run llm-platform model add {model}{copy}, which reads its own files; or " if "/" in model else ""
        self._wrong(model, f"unknown model{those}{read}give --like, a known model of the same shape")

    def _choice(self, option: str, allowed: tuple[str, ...]) -> str | None:
        text = self._given.get(option)
        if text is None or text in allowed:
            return text
        self._wrong(f"--{option} {text}", f"one of {', '.join(allowed)}")
        return None

    def _whole(self, option: str, maximum: int, unit: str) -> int | None:
        text = self._given.get(option)
        if text is None:
            return None
        if re.fullmatch(r"\d{1,12}", text) and 1 <= int(text) <= maximum:
            return int(text)
        key = "maxModelLen" if unit == "tokens" else option  # of which 8k are 8,192, as in a stack file
        value = meant(key, text, {"type": "integer", "minimum": 1, "maximum": maximum})
        write = f"; write --{option} {value}" if value is not None and f"{value}" != text else ""
        self._wrong(f"--{option} {text}", f"a whole number of {unit}, 1 to {maximum:,}{write}")
        return None

    def _number(self, option: str, maximum: float, unit: str) -> float | None:
        text = self._given.get(option)
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if 0 < number <= maximum:
            return number
        self._wrong(f"--{option} {text}", f"{unit}, over 0 and up to {maximum:,}")
        return None

    def _wrong(self, what: str, why: str) -> None:
        self._mistakes.append((what, why))


def _cannot_run(question: Question, where: Where, gpu: Gpu, catalog: Catalog) -> tuple[str, str]:
    if (why := question.engine.cannot_run(question, gpu)) is not None:
        return f"--instance-type {where.instance.name}" if where.instance else f"--gpu {gpu.name}", why
    method = question.quantization or (question.shape.dtype if question.shape else None) or "bf16"
    row = catalog.quantizations.get(method)
    minimum = f" needs compute capability {row.min_compute_capability}" if row else ""
    what = f"--quantization {method}" if question.quantization else f"weights in {method}"
    return what, f"{method}{minimum}; {gpu.name} has {gpu.compute_capability}"


def _near(name: str, known: Mapping[str, object]) -> str:
    near = nearest(name, known, 3, 0.5)
    return f"; nearest: {', '.join(near)}" if near else f"; known: {', '.join(list(known)[:20])}"
