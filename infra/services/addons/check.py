"""Rules for `addons`: which parts of the stack need an add-on that is disabled."""

from collections.abc import Iterator
from typing import Literal

from infra.plan.versions import NEXT
from infra.services.addons.section import Addons, AnyAddon
from infra.services.serving.next import with_next
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

State = Literal["install", "existing", "disabled"]


def check_addons(scope: Scope) -> None:
    for name, addon in _all(scope.settings.addons):
        key: Key = ("addons", name)
        state = state_of(scope, name, addon)
        if state == "disabled":
            for reason, path in needs(scope, name):
                write = f"write {name}: install, or existing where the cluster has it{or_fixed(scope, path)}"
                scope.report.wrong(key, f"disabled, and {reason}", write, reads=[path, *CLUSTER_KIND])


def _all(addons: Addons) -> Iterator[tuple[str, AnyAddon]]:
    for attribute, field in Addons.model_fields.items():
        yield field.alias or attribute, getattr(addons, attribute)


def state_of(scope: Scope, name: str, addon: AnyAddon) -> State:
    """`name`: its key in the stack file."""
    if addon.existing is not None:
        return "existing"
    lacking = scope.cloud.installs(scope.settings) if scope.cloud is not None else ()
    return addon.state or ("install" if name in lacking else "existing")


def or_fixed(scope: Scope, path: Key) -> str:
    """The way out beside an add-on that scales models, if that is what `path` needs: of all of them at once."""
    if path[-1] != "replicas":
        return ""
    fixed = (f"{'.'.join(key)}.replicas: {max(low, 1)}" for _, key, low in _scaled(scope))
    return f"; or replicas that don't scale: {' and '.join(fixed)}"


def _scaled(scope: Scope) -> list[tuple[str, tuple[str, ...], int]]:
    """Servers that scale: the name, its section, and its minimum. A next version without replicas has its model's."""
    found: list[tuple[str, tuple[str, ...], int]] = []
    for name, (model, next_of) in with_next(scope.settings.models).items():
        section = ("models", name) if next_of is None else ("models", next_of, NEXT)
        if model.replicas.min < model.replicas.max and (next_of is None or scope.written((*section, "replicas"))):
            found.append((name, section, model.replicas.min))
    return found


def needs(scope: Scope, addon: str) -> Iterator[tuple[str, Key]]:
    """Who needs an add-on: the reason, and the setting that makes it so. One of each kind is enough to say."""
    settings = scope.settings
    scaled = next(iter(_scaled(scope)), None)
    managed = next((name for name, pool in settings.gpu_pools.items() if pool.instance_types is not None), None)
    growing = next(
        (name for name, pool in settings.gpu_pools.items() if pool.instance_types is not None and pool.min != pool.max),
        None,
    )
    match addon:
        case "keda" | "prometheus" if scaled is not None:
            name, section, _ = scaled
            yield f"{name} scales between its replicas with it", (*section, "replicas")
        case "nvidiaDevicePlugin" if managed is not None:
            yield f"pool {managed} has no GPUs without it", ("gpuPools", managed, "instanceTypes")
        case "clusterAutoscaler" if growing is not None:
            yield f"pool {growing} can't grow without it", ("gpuPools", growing)
