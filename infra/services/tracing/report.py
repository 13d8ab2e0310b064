"""What the plan says of traces, and what they add."""

from collections.abc import Mapping, Sequence

from infra.plan.models import Resources
from infra.plan.plan import Plan
from infra.services.service import Table
from infra.services.tracing.config import MAX_TRACES, MEMORY_MIB, pod
from infra.services.tracing.plan import TracingPlan, section_of
from infra.settings.platform import Settings

BILLED = "traces"


def tracing_pods(settings: Settings) -> Mapping[str, Sequence[Resources]]:
    """For the bill and the system nodes."""
    return {BILLED: [pod()]} if section_of(settings) is not None else {}


def traces_table(plan: Plan, made: TracingPlan) -> Table:
    kept = f"Jaeger, which keeps the last {MAX_TRACES:,} in memory, and none when its pod ends"
    engines = [name for name, model in sorted(plan.models.items()) if model.traces_to is not None]
    rows = (
        ("requests", f"{made.sample:.3%} of those with a valid key".replace(".000%", "%")),
        ("spans of", ", ".join(("the gateway", *engines))),
        ("go to", made.to.url if made.to is not None else kept),
    )
    whose = "the system nodes, with a separate row in the bill" if plan.cluster.made else "nodes that the cluster has"
    note = f"no prompts, no answers; one pod that asks for {pod().cpu:g} CPU and {MEMORY_MIB} MiB of {whose}"
    return Table("TRACES", ("",), rows, note)
