"""The rule that the nodes' driver runs the CUDA that an engine is built with: else its container ends as it starts."""

from infra.engines import ENGINES
from infra.services.serving.next import servers
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_driver(scope: Scope, section: Key, version: str | None, given: str | None) -> None:
    """An AMI release that is in the stack file, else the release that is pinned for its version. `section`: where both
    are written."""
    facts = scope.catalog.aws
    row = facts.versions.get(version or "")
    release = given or (row.ami_release if row else None)
    driver = facts.driver_of(release) if release else None
    if release is None or driver is None or not release.startswith(f"{version}."):
        return  # not known, or said already
    key: Key = (*section, "amiRelease" if given else "version")
    for name, cuda in _built_with(scope).items():
        minimum = scope.catalog.cuda_drivers.get(cuda.partition(".")[0])
        if minimum is not None and int(driver.partition(".")[0]) < minimum:
            got = f"nodes of AMI release {release} have NVIDIA driver {driver}; {name} is built with CUDA {cuda}"
            write = f"write a release with driver {minimum} or newer{_newer(scope, release, minimum)}"
            scope.report.wrong(key, got, write, reads=[("models",)])


def _built_with(scope: Scope) -> dict[str, str]:
    """Engines of models on GPUs -> their CUDA."""
    engines = [ENGINES[model.engine] for model in servers(scope.settings.models).values() if model.gpus != 0]
    named = ((f"{each.title} {scope.catalog.engines[each.name].version}", each.cuda) for each in engines)
    return {name: cuda for name, cuda in named if cuda is not None}


def _newer(scope: Scope, release: str, minimum: int) -> str:
    """The pinned release of the same minor, where its driver is new enough."""
    row = scope.catalog.aws.versions.get(release.partition("-")[0].rpartition(".")[0])
    driver = scope.catalog.aws.driver_of(row.ami_release) if row else None
    return f", as {row.ami_release}" if row and driver and int(driver.partition(".")[0]) >= minimum else ""
