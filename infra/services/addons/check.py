"""Rules for `addons`: which parts of the stack need an add-on that is disabled."""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from infra.services.addons.optional import AUTOSCALER, DCGM, is_left_out, node_scaler
from infra.services.addons.plan import ADDONS
from infra.services.addons.section import Addons, AnyAddon
from infra.services.addons.vertical import asks_for_vertical, dotted
from infra.services.serving.next import key_of, with_next
from infra.services.serving.on_cpu import no_gpu_nodes, reads_metrics, scales_by_use
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

State = Literal["install", "existing", "disabled"]


def check_addons(scope: Scope) -> None:
    for name, addon in _all(scope.settings.addons):
        key: Key = ("addons", name)
        state = state_of(scope, name, addon)
        if state == "disabled":
            for reason, path in needs(scope, name):
                write = f"{install_it(scope, name)}{or_fixed(scope, path)}"
                scope.report.wrong(key, f"disabled, and {reason}", write, reads=[path, *CLUSTER_KIND])
        elif addon.state == "existing" and name in _lacking(scope):
            _check_new_cluster(scope, name)
    if scope.settings.addons.dcgm_exporter.state == "install":
        _check_read(scope)


def _check_new_cluster(scope: Scope, name: str) -> None:
    """A mapping says that something else installs it later; a Prometheus that is needed is asked for its address."""
    if name == "prometheus" and any(needs(scope, name)):
        return
    later = (
        "{url: ...}" if name == "prometheus" else f"{{namespace: {scope.catalog.charts[ADDONS[name][1]].namespace}}}"
    )
    scope.report.wrong(
        ("addons", name),
        "existing, and a new cluster has none",
        f"write {name}: install, or where something else installs it once the cluster is there, {name}: {{existing:"
        f" {later}}}",
        reads=CLUSTER_KIND,
    )


def _check_read(scope: Scope) -> None:
    prometheus: Key = ("addons", "prometheus")
    if state_of(scope, "prometheus", scope.settings.addons.prometheus) == "disabled":
        got = "install, and addons.prometheus is disabled: nothing would read it"
        write = "leave dcgmExporter out, or write prometheus: install"
        scope.report.wrong(("addons", DCGM), got, write, reads=[prometheus])


def _all(addons: Addons) -> Iterator[tuple[str, AnyAddon]]:
    for attribute, field in Addons.model_fields.items():
        yield field.alias or attribute, getattr(addons, attribute)


def state_of(scope: Scope, name: str, addon: AnyAddon) -> State:
    """`name`: its key in the stack file."""
    if addon.existing is not None:
        return "existing"
    if addon.state is None and is_left_out(name, scope.settings, _lacking(scope)):
        return "disabled"
    return addon.state or ("install" if name in _lacking(scope) else "existing")


def install_it(scope: Scope, name: str) -> str:
    """What to write for an add-on that is needed; a cluster that the stack makes has none."""
    return f"write {name}: install{'' if name in _lacking(scope) else ', or existing where the cluster has it'}"


def _lacking(scope: Scope) -> Collection[str]:
    return scope.cloud.installs(scope.settings) if scope.cloud is not None else ()


def or_fixed(scope: Scope, path: Key) -> str:
    """The way out beside an add-on that scales, if that is what `path` needs: of all models at once."""
    if path[-1] != "replicas":
        return ""
    if path[0] == "gateway" and scope.settings.gateway is not None:
        return f"; or replicas that don't scale: gateway.replicas: {scope.settings.gateway.replicas.min}"
    like = next(each for each in _ranges(scope) if each.replicas == path)
    fixed = (f"{each.said}: {max(each.min, 1)}" for each in _ranges(scope) if each.by_use == like.by_use)
    return f"; or replicas that don't scale: {' and '.join(fixed)}"


class _Range(NamedTuple):
    """A server that scales."""

    name: str
    replicas: Key  # the setting
    min: int
    by_use: bool  # Kubernetes' own autoscaler scales it, not KEDA
    reads_metrics: bool

    @property
    def said(self) -> str:
        return ".".join(map(str, self.replicas))


def _ranges(scope: Scope) -> list[_Range]:
    """A next version without replicas has its model's."""
    without, found = no_gpu_nodes(scope.settings, scope.cloud), list[_Range]()
    for name, (model, next_of) in with_next(scope.settings.models).items():
        section = key_of(name, next_of)
        if model.replicas.min < model.replicas.max and (next_of is None or scope.written((*section, "replicas"))):
            by_use = scales_by_use(model, no_gpu_nodes=without)
            reads = reads_metrics(model, no_gpu_nodes=without)
            found.append(_Range(name, (*section, "replicas"), model.replicas.min, by_use, reads))
    return found


def _needs_metrics(scope: Scope) -> Iterator[tuple[str, Key]]:
    for each in [each for each in _ranges(scope) if each.reads_metrics][:1]:
        yield f"{each.name} scales between its replicas with it", each.replicas
    for key in asks_for_vertical(scope.settings)[:1]:
        yield f"{dotted(key)} goes by what it measures", key
    gateway = scope.settings.gateway
    if gateway is not None and gateway.replicas.min < gateway.replicas.max:
        yield "the gateway scales between its replicas with it", ("gateway", "replicas")


def needs(scope: Scope, addon: str) -> Iterator[tuple[str, Key]]:
    """Who needs an add-on: the reason, and the setting that makes it so. One of each kind is enough to say."""
    if addon == "metricsServer":
        yield from _needs_metrics(scope)
        return
    settings = scope.settings
    scaled = next((each for each in _ranges(scope) if not each.by_use), None)
    vertical = asks_for_vertical(settings)
    managed = next((name for name, pool in settings.gpu_pools.items() if pool.needs_plugin), None)
    growing = next(
        (name for name, pool in settings.gpu_pools.items() if pool.instance_types is not None and pool.min != pool.max),
        None,
    )
    match addon:
        case "keda" | "prometheus" if scaled is not None:
            yield f"{scaled.name} scales between its replicas with it", scaled.replicas
        case "verticalPodAutoscaler" if vertical:
            yield f"{dotted(vertical[0])} needs it", vertical[0]
        case "nvidiaDevicePlugin" if managed is not None:
            yield f"pool {managed} has no GPUs without it", ("gpuPools", managed, "instanceTypes")
        case "clusterAutoscaler" if growing is not None and node_scaler(settings) == AUTOSCALER:
            yield f"pool {growing} can't grow without it", ("gpuPools", growing)
