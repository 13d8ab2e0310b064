"""Rules for weights that are in the cluster already."""

from infra.engines import DEFAULT, ENGINES
from infra.models.places import bad_place
from infra.services.serving.section import Model
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_place(scope: Scope, key: Key, model: Model) -> None:
    """`model` is a URL: a place that can be mounted, an engine that serves a directory, facts that are known."""
    wrong, name = scope.report.wrong, model.model
    if (bad := bad_place(name)) is not None:
        wrong((*key, "model"), *bad)
        return
    if ENGINES[model.engine].library is not None:
        got = f"{ENGINES[model.engine].title} takes models from its own library, and {name} is a directory"
        wrong((*key, "engine"), got, f"write engine: {DEFAULT}", reads=[(*key, "model")])
    elif model.revision is not None:
        got = f"{name} has no revisions: its files are served as they are"
        wrong((*key, "revision"), got, "leave revision out; another path can hold other files", reads=[(*key, "model")])
    downloaded = {"adapters": model.adapters, "speculative": model.speculative and model.speculative.model}
    for each in (each for each, value in downloaded.items() if value):
        got = f"{name} is mounted in the place of the cache, which would hold this download"
        wrong((*key, each), got, f"leave {each} out, or serve a repository of the hub", reads=[(*key, "model")])
    if name not in scope.catalog.models and model.like is None and model.architecture is None:
        copy = "a copy of its config.json, and of its safetensors files or their index"
        write = f"run llm-platform model add {name} --from DIR, where DIR has {copy}"
        reads = [(*key, each) for each in ("like", "architecture")]
        wrong((*key, "model"), f"unknown model {name}", write, reads=reads)
