"""Rules for `model`, `like` and `architecture`: which model it is, and whose shape sizes it."""

from infra.catalog.kinds import OtherKind, kind_by_name
from infra.catalog.method_names import stored_by_name
from infra.catalog.shape_said import unlike
from infra.engines import DEFAULT, ENGINES, Engine, with_library
from infra.models.places import is_url
from infra.services.serving.architecture import BadArchitecture, described
from infra.services.serving.check_place import check_place
from infra.services.serving.instead_on_cpu import noun_of
from infra.services.serving.like_meant import like_meant
from infra.services.serving.names_meant import meant
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_LIKE = "like: a known model of the same shape, or architecture: its config.json"


def other_weights() -> str:
    """What to write where an engine doesn't read the form of a repository's weights."""
    own = (f"engine: {each.name} and {each.library.noun}" for each in ENGINES.values() if each.library is not None)
    return ", or ".join(("a repository of it whose weights are safetensors", *own))


def check_identity(scope: Scope, key: Key, model: Model) -> None:
    if not _is_other_kind(scope, key, model):
        _check_name(scope, key, model)
        _check_architecture(scope, key, model)
        _check_shape(scope, key, model)


def _is_other_kind(scope: Scope, key: Key, model: Model) -> bool:
    """Whether a model is of a kind that isn't served: as the catalogue says, or else its name."""
    catalog, reads = scope.catalog, [(*key, name) for name in ("engine", "model", "like", "architecture")]
    for field, name in (("like", model.like), ("model", model.model)):
        known = catalog.models.get(name or "")
        if name is not None and known is not None and known.kind is not None:
            scope.report.wrong(
                (*key, field), f"{name} is {known.kind.what}", _instead(known.kind, key, name), reads=reads
            )
            return True
    named = kind_by_name(model.model)
    if named is None or model.architecture is not None or _is_known(model, scope):
        return False
    word, kind = named
    if kind.adapter and model.like is not None:
        return False  # perhaps merged: a warning says so
    got = f"its name says {word}: {kind.what}"
    write = f"{_instead(kind, key, model.model)}{unless_added(model.model)}"
    scope.report.wrong((*key, "model"), got, write, reads=reads)
    return True


def _instead(kind: OtherKind, key: Key, model: str) -> str:
    here = "" if kind.adapter else "; here write another model, or leave this one out beside others"
    return f"{kind.way(str(key[1]), model)}{here}"


def unless_added(model: str) -> str:
    """What to do where a name misleads."""
    copy = " --from DIR" if is_url(model) else ""
    return (
        f"; if it is none, run llm-platform model add {model}{copy}, which reads its own files" if "/" in model else ""
    )


def _is_known(model: Model, scope: Scope) -> bool:
    library = ENGINES[model.engine].library
    return model.model in scope.catalog.models or (library is not None and model.model in library.names(scope.catalog))


def _check_name(scope: Scope, key: Key, model: Model) -> None:
    catalog, wrong, library = scope.catalog, scope.report.wrong, ENGINES[model.engine].library
    reads: list[Key] = [(*key, "engine"), (*key, "like"), (*key, "architecture")]
    if scope.written((*key, "like")) and scope.written((*key, "architecture")):
        scope.report.out_of_place((*key, "like"), "like and architecture both give the shape", "leave one of them out")
    if model.like is not None and model.like not in catalog.models:
        wrong((*key, "like"), f"unknown model {model.like}", like_meant(model.like, catalog.models))
    shape = catalog.models.get(model.like or model.model)
    if shape is not None and shape.left_out is not None and model.architecture is None and not library:
        field = "like" if model.like is not None else "model"
        wrong((*key, field), f"{shape.id} can't be sized: {shape.left_out}", f"write {_LIKE}", reads=reads)
    if is_url(model.model):
        check_place(scope, key, model)
    elif library is not None:
        _check_library_name(scope, key, model, ENGINES[model.engine], reads)
    elif (other := with_library(model.model, catalog)) is not None and other.library is not None:
        got = f"{other.library.noun}; {model.engine} takes a Hugging Face repository"
        like = other.library.like(model.model, catalog)
        wrong((*key, "model"), got, f"write {f'model: {like}, or ' if like else ''}engine: {other.name}", reads=reads)
    elif model.model not in catalog.models and model.like is None and model.architecture is None:
        if (stored := stored_by_name(model.model)) is not None and not stored[1]:
            got = f"its name says {stored[0]}, weights that {ENGINES[model.engine].title} doesn't read"
            wrong((*key, "model"), got, f"write {other_weights()}", reads=reads)
            return
        write = meant(model.model, catalog.models, "" if "/" in model.model else "Qwen/Qwen3-8B", _unread(model.model))
        wrong((*key, "model"), f"unknown model {model.model}", write, reads=reads)


def _unread(name: str) -> str:
    """What makes a model known: its own files, or else what is said of it."""
    read = f"run llm-platform model add {name}, which reads its own files; or " if "/" in name else ""
    return f"{read}write {_LIKE}"


def _unread_tag(engine: Engine, name: str) -> str:
    return f"run llm-platform model add {engine.name}:{name}, which reads its manifest; or write {_LIKE}"


def _check_library_name(scope: Scope, key: Key, model: Model, engine: Engine, reads: list[Key]) -> None:
    catalog, wrong, library, kind = scope.catalog, scope.report.wrong, engine.library, noun_of(engine)
    assert library is not None
    if model.model in catalog.models:
        got = f"a Hugging Face repository; {engine.title} takes a {kind} from its own library"
        name = library.name_like(model.model, catalog)
        write = f'write model: "{name}"' if name else f'write a {kind} such as "{library.sample}"'
        wrong((*key, "model"), got, f"{write}, or engine: {DEFAULT}", reads=reads)
    elif (refused := library.refuse(model.model, catalog)) is not None:
        wrong((*key, "model"), *refused, reads=reads)
    elif model.model not in library.names(catalog) and model.like is None and model.architecture is None:
        write = meant(model.model, library.names(catalog), library.sample, _unread_tag(engine, model.model))
        wrong((*key, "model"), f"unknown {engine.title} {kind} {model.model}", write, reads=reads)


def _check_architecture(scope: Scope, key: Key, model: Model) -> None:
    if model.architecture is None or model.like is not None:
        return
    try:
        described(model.model, model.architecture)
    except BadArchitecture as bad:
        write = "write the fields of the model's config.json, or its path"
        write = _instead(bad.kind, key, model.model) if bad.kind else write
        for field, got in bad.mistakes:
            where = (*key, "architecture", *(part for part in (field,) if part))
            scope.report.wrong(where, got, write, reads=[])


def _check_shape(scope: Scope, key: Key, model: Model) -> None:
    """A model that is known has its own shape: another one would plan other GPUs than it needs."""
    known, said = scope.catalog.models.get(model.model), asked_shape(model, scope.catalog)
    field = "like" if model.like is not None else "architecture"
    if known is None or said is None or (model.like and model.architecture) or (other := unlike(known, said)) is None:
        return
    got = f"{known.id} is known here, and has {other}"
    write = f"leave {field} out, or write the repository of the weights that are meant as model"
    scope.report.wrong((*key, field), got, write, reads=[(*key, name) for name in ("model", "like", "architecture")])
