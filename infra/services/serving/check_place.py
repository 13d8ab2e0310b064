"""Rules for weights that aren't downloaded: those of a claim, of the nodes, and of a bucket."""

from collections.abc import Iterator, Sequence

from infra.engines import DEFAULT, ENGINES
from infra.models.places import Bucket, NodePath, Place, bad_place, place_of
from infra.services.serving.bucket_files import flags_of_loading
from infra.services.serving.family import needed_for
from infra.services.serving.section import Model
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key


def check_place(scope: Scope, key: Key, model: Model) -> None:
    """`model` is a URL: a place that can be read, an engine that reads it, facts that are known."""
    wrong, name = scope.report.wrong, model.model
    place = place_of(name)
    if place is None:
        wrong((*key, "model"), *(bad_place(name) or ("no place", "leave it out")))
        return
    _check_engine(scope, key, model, place)
    if isinstance(place, NodePath) and scope.settings.cluster.create is not None:
        got = f"the nodes of this cluster are made by the stack and come and go, and nobody puts {place.path} on them"
        write = "write pvc://CLAIM/PATH, or a repository of the hub; on nodes that exist, file:///PATH is served"
        wrong((*key, "model"), got, write, reads=CLUSTER_KIND)
    if model.revision is not None and ENGINES[model.engine].library is None:
        got = f"{name} has no revisions: its files are served as they are"
        wrong((*key, "revision"), got, "leave revision out; another path can hold other files", reads=[(*key, "model")])
    downloaded = {"adapters": model.adapters, "speculative": model.speculative and model.speculative.model}
    for each in (each for each, value in downloaded.items() if value):
        got = f"{name} is served in the place of the cache, which would hold this download"
        wrong((*key, each), got, f"leave {each} out, or serve a repository of the hub", reads=[(*key, "model")])
    if name not in scope.catalog.models and model.like is None and model.architecture is None:
        copy = "a copy of its config.json, and of its safetensors files or their index"
        write = f"run llm-platform model add {name} --from DIR, where DIR has {copy}"
        reads = [(*key, each) for each in ("like", "architecture")]
        wrong((*key, "model"), f"unknown model {name}", write, reads=reads)


def _check_engine(scope: Scope, key: Key, model: Model, place: Place) -> None:
    engine, name, reads = ENGINES[model.engine], model.model, [(*key, "model")]
    if engine.library is not None:
        what = "in a bucket" if isinstance(place, Bucket) else "a directory"
        got = f"{engine.title} takes models from its own library, and {name} is {what}"
        scope.report.wrong((*key, "engine"), got, f"write engine: {DEFAULT}", reads=reads)
    elif isinstance(place, Bucket) and not engine.limits.streams_weights:
        got = f"{engine.title} reads no weights from a bucket"
        scope.report.wrong((*key, "engine"), got, f"write engine: {DEFAULT}, or pvc://CLAIM/PATH", reads=reads)
    elif isinstance(place, Bucket):
        for flag in sorted({*_flags_of_loading(scope, model)}):
            got = f"{flag} is how {engine.title} streams {name}, and this model or its extraArgs want another value"
            scope.report.wrong((*key, "model"), got, "write pvc://CLAIM/PATH", reads=[(*key, "extraArgs")])


def check_in_bucket(scope: Scope, key: Key, model: Model, instead: str, *, reads: Sequence[Key]) -> None:
    """Of a model of the hub whose server streams it from a bucket that a download fills, or reads files there.
    `instead`: the cache for everything else."""
    engine = ENGINES[model.engine]
    if engine.library is not None:
        got = f"{engine.title} pulls into its own store as files, which a bucket doesn't take"
        scope.report.wrong((*key, "engine"), got, f"write {instead}", reads=[*reads, (*key, "model")])


def _flags_of_loading(scope: Scope, model: Model) -> Iterator[str]:
    return flags_of_loading(model, needed_for(model, scope.catalog))
