"""The arguments of `fit`: read, and every mistake in them named at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.catalog import AT_LOAD, Catalog, Gpu, ModelShape
from infra.catalog.kinds import kind_by_name
from infra.catalog.method_names import stored_by_name
from infra.catalog.shape_said import unlike
from infra.cli.fit_beside import Beside
from infra.cli.fit_typed import Typed
from infra.cli.fit_where import Places, Where
from infra.engines import DEFAULT, ENGINES, Engine, with_library
from infra.models.places import is_url
from infra.offers.sizing import can_run
from infra.services.serving.check_identity import other_weights, unless_added
from infra.settings.mistakes import nearest
from infra.sizing.question import Question, Version, version_in
from infra.sizing.splitting import counts_that_split
from infra.sizing.weights import in_16_bit

KV_CACHE_DTYPES = ("auto", "fp8", "fp8_e4m3", "fp8_e5m2", "bfloat16", "float16")
MAX_TOKENS, MAX_SEQS = 10_485_760, 65_536
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
    image: str | None = None
    acknowledge_maintenance_mode: bool = True


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
        self._typed = Typed(given)
        self._catalog = catalog

    def read(self, model: str) -> tuple[Question, Where, float | None]:
        owner = with_library(model, self._catalog)
        engine = ENGINES[self._typed.choice("engine", tuple(ENGINES)) or (owner.name if owner else DEFAULT)]
        places = Places(self._typed, self._catalog)
        places.check_region()
        where = places.where()
        length = self._typed.whole("max-model-len", MAX_TOKENS, "tokens")
        question = self._question(model, engine, length, where)
        if question is not None:
            self._check(question, where)
        api_price = self._typed.number("api-price", MAX_USD, "dollars per million output tokens")
        if self._typed.mistakes or question is None:
            raise BadInput(self._typed.mistakes)
        return question, where, api_price

    def _question(self, model: str, engine: Engine, length: int | None, where: Where) -> Question | None:
        library = engine.library
        known = library is not None and model in library.names(self._catalog)
        like = self._typed.get("like")
        shape = None if known else self._catalog.models.get(like or model)
        stored = library.stored(model, shape, self._catalog) if library and (known or shape) else None
        shape = stored.shape if stored else shape
        if not known and (why := self._not_served(model, like)) is not None:
            self._typed.wrong(model, why)
            return None
        own_shape = self._catalog.models.get(model)
        if own_shape is not None and shape is not None and (other := unlike(own_shape, shape)) is not None:
            self._typed.wrong(model, f"is known here, and has {other}; leave --like out")
        if stored is None and shape is None:
            self._unknown_model(like or model, engine)
        elif shape is not None and shape.left_out is not None:
            self._typed.wrong(model, f"can't be sized: {shape.left_out}. Write {LIKE} in a stack file")
        elif shape is not None:
            self._check_quantization(model, shape, engine)
        beside = Beside(self._typed, self._catalog)
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
            kv_cache_dtype=self._typed.choice("kv-cache-dtype", KV_CACHE_DTYPES) or "auto",
            utilization=self._typed.number("gpu-memory-utilization", 1, "a share of the memory"),
            max_num_seqs=self._typed.whole("max-num-seqs", MAX_SEQS, "sequences"),
            max_num_batched_tokens=self._typed.whole("max-num-batched-tokens", MAX_TOKENS, "tokens"),
            concurrency=self._typed.whole("concurrency", MAX_SEQS, "requests") or 1,
            gpus=where.gpus,
            own_repository=like is None,
            version=version,
            version_known=version is not None or (ours and not self._typed.get("engine-version")),
            planned=ours,
        )
        if stored is None and shape is None:
            return None
        return beside.added(question)

    def _not_served(self, model: str, like: str | None) -> str | None:
        """Why no engine serves it: its kind, as the catalogue says, or else its name."""
        own, given = self._catalog.models.get(model), self._catalog.models.get(like or model)
        for name, shape in ((like, given), (model, own)):
            if name is not None and shape is not None and shape.kind is not None:
                return f"{f'{name} ' if name != model else ''}is {shape.kind.what}; {shape.kind.way('NAME', name)}"
        named = kind_by_name(model)
        if own is None and named is not None and not (named[1].adapter and like):
            return f"its name says {named[0]}: {named[1].what}; {named[1].way('NAME', model)}{unless_added(model)}"
        return None

    def _version(self) -> Version | None:
        given = self._typed.get("engine-version")
        if given is None:
            return None
        version = version_in(given)
        if version is None:
            self._typed.wrong(f"--engine-version {given}", "a version, such as 0.26.0")
        return version

    def _check(self, question: Question, where: Where) -> None:
        length, own = question.max_model_len, question.own_context
        if length > ABSURD * own:
            self._typed.wrong(f"--max-model-len {length}", f"{question.name} was trained for {own:,} tokens")
        taken, asked_for = question.max_num_seqs, question.concurrency
        if taken is not None and taken < asked_for:
            got = f"takes fewer requests at once than --concurrency {asked_for}"
            self._typed.wrong(f"--max-num-seqs {taken}", f"{got}; write at least that, or --concurrency {taken}")
        gpu = where.gpu or (self._catalog.gpus[where.instance.gpu] if where.instance else None)
        if gpu is not None and not can_run(question, gpu, self._catalog):
            self._typed.wrong(*_cannot_run(question, where, gpu, self._catalog))
        shape, gpus = question.shape, where.gpus or 1
        asked = AskedAlone(question.name, self._typed.get("like"), quantization=question.quantization)
        for each in question.engine.refuse(asked, shape, self._catalog) if self._is_pinned(question) else ():
            self._typed.wrong(
                self._named(each.key, asked), f"{each.got}; {each.write.replace('engine: ', '--engine ')}"
            )
        for each in question.engine.lacks(question.version, shape, None) if question.version is not None else ():
            if not each.otherwise:
                first = ".".join(map(str, each.first))
                got = f"{question.engine.title} has no {each.what} there"
                self._typed.wrong(
                    f"--engine-version {self._typed.get('engine-version')}", f"{got}; write at least {first}"
                )
        if shape is not None and (why := question.obstacle(gpus)) is not None:
            allowed = ", ".join(map(str, counts_that_split(shape, question.quantization)))
            self._typed.wrong(f"--gpus {gpus}", f"{why}; {question.name} can be split over {allowed}")

    def _is_pinned(self, question: Question) -> bool:
        """Whether the version that is asked about is the one whose refusals are known."""
        image = self._catalog.engines.get(question.engine.name)
        return image is None or question.version in (None, version_in(image.version))

    def _named(self, key: str, asked: AskedAlone) -> str:
        """A key of the model in the stack file, as an option of this command."""
        return asked.model if key == "model" else f"--{key} {self._typed.get(key) or DEFAULT}"

    def _quantization(self, engine: Engine) -> str | None:
        name = self._typed.get("quantization")
        if name is not None and (why := engine.limits.refused_keys.get("quantization")) is not None:
            self._typed.wrong(f"--quantization {name}", why)
            return None
        if name is not None and name not in self._catalog.quantizations:
            known = ", ".join(self._catalog.quantizations)
            self._typed.wrong(f"--quantization {name}", f"unknown; known: {known}")
            return None
        return name

    def _check_quantization(self, model: str, shape: ModelShape, engine: Engine) -> None:
        """Engines quantize to some methods as they load; the others are how a repository's weights are stored."""
        name, said = self._typed.get("quantization"), stored_by_name(model)
        if self._typed.get("like"):
            if said is not None and (name or shape.dtype) not in said[1]:
                why = f"says {said[0]} in its name, and would be sized as {name or shape.dtype or 'bf16'}"
                asked = (AskedAlone(model, self._typed.get("like"), quantization=each) for each in said[1])
                served = [each.quantization for each in asked if not [*engine.refuse(each, shape, self._catalog)]]
                write = f"add --quantization {served[0]} if it holds such weights, or " if served else ""
                self._typed.wrong(model, f"{why}; {write}run llm-platform model add {model}, which reads its own files")
            return
        if name not in self._catalog.quantizations or name == shape.dtype:
            return
        if name in AT_LOAD:
            if not in_16_bit(shape):
                why = f"{model} holds {shape.dtype}, and an engine makes {name} of 16-bit weights only; leave it out"
                self._typed.wrong(f"--quantization {name}", why)
            return
        known = self._catalog.quantized_repositories.get((model, name or ""))
        search = f"huggingface.co/models?search={model.rpartition('/')[2]}"
        write = f"write `fit {known}`" if known else f"if {search} has a repository of it in {name}, name that"
        why = f"{name} is made beforehand, and {model} holds {shape.dtype or 'other weights'}"
        self._typed.wrong(f"--quantization {name}", f"{why}; {write}, or leave it out")

    def _unknown_model(self, model: str, engine: Engine) -> None:
        refused = engine.library.refuse(model, self._catalog) if engine.library else None
        if refused is not None:
            self._typed.wrong(model, f"{refused[0]}; {refused[1]}")
            return
        known = engine.library.names(self._catalog) if engine.library else self._catalog.models
        stored = stored_by_name(model) if engine.library is None else None
        if stored is not None and not stored[1]:
            why = f"its name says {stored[0]}, weights that {engine.title} doesn't read; write {other_weights()}"
            self._typed.wrong(model, why)
            return
        near = nearest(model, known, 3, 0.4)
        if not near:
            near = [name for name in known if model.rpartition("/")[2].lower() in name.lower()][:3]
        those = f"; nearest: {', '.join(near)}. Else " if near else "; "
        copy = " --from DIR" if is_url(model) else ""
        read = f"run llm-platform model add {model}{copy}, which reads its own files; or " if "/" in model else ""
        self._typed.wrong(model, f"unknown model{those}{read}give --like, a known model of the same shape")


def _cannot_run(question: Question, where: Where, gpu: Gpu, catalog: Catalog) -> tuple[str, str]:
    if (why := question.engine.cannot_run(question, gpu)) is not None:
        return f"--instance-type {where.instance.name}" if where.instance else f"--gpu {gpu.name}", why
    method = question.quantization or (question.shape.dtype if question.shape else None) or "bf16"
    row = catalog.quantizations.get(method)
    minimum = f" needs compute capability {row.min_compute_capability}" if row else ""
    what = f"--quantization {method}" if question.quantization else f"weights in {method}"
    return what, f"{method}{minimum}; {gpu.name} has {gpu.compute_capability}"
