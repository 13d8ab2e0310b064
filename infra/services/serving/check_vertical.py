"""Rules for `verticalScaling`: only on the CPU, and never of what the replicas scale by."""

from infra.services.serving.on_cpu import is_on_cpu, no_gpu_nodes, reads_metrics
from infra.services.serving.section import Model
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_vertical(scope: Scope, key: Key, model: Model) -> None:
    vertical, where = model.vertical_scaling, (*key, "verticalScaling")
    if vertical is None:
        return
    without = no_gpu_nodes(scope.settings, scope.cloud)
    if not is_on_cpu(model, no_gpu_nodes=without):
        got = "the model is on GPUs: its CPU and memory are its share of the node, which costs the same without it"
        reads: list[Key] = [where, (*key, "gpus"), (*key, "engine")]
        scope.report.wrong(where, got, "leave verticalScaling out", reads=reads)
    elif vertical.mode != "Off" and "cpu" in vertical.resources and reads_metrics(model, no_gpu_nodes=without):
        other = f"verticalScaling: {{mode: {vertical.mode}, resources: [memory]}}, "
        both_scale(scope, where, (*key, "replicas"), "CPU", str(model.replicas.max), other)
    if len(set(vertical.resources)) < len(vertical.resources):
        scope.report.wrong((*where, "resources"), "one of them twice", "write resources: [cpu, memory], or one of them")


def both_scale(scope: Scope, vertical: Key, replicas: Key, by: str, number: str, other: str = "") -> None:
    """An autoscaler of the number of pods, and one of their size, by the same."""
    got = f"it changes the {by} that pods ask for, and {'.'.join(map(str, replicas))} scales by {by}: they would fight"
    write = f"write {other}verticalScaling: Off, which only says what it would change, or replicas: {number}"
    scope.report.wrong(vertical, got, write, reads=[vertical, replicas])
