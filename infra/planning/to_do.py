"""What a person has to do before or after the first `pulumi up`."""

from collections.abc import Iterator, Mapping, Sequence

from infra.plan.cluster import ClusterPlan, PoolPlan
from infra.plan.findings import warned
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.words import count
from infra.services.serving.placement import Placed
from infra.services.serving.served import Served

TOKEN = "huggingFaceToken"


def list_licences(stack: str, placed: Sequence[Placed], secrets: frozenset[str]) -> Iterator[Finding]:
    gated = [each.served for each in placed if each.served.gated]
    for nth, repository in enumerate(sorted({served.settings.model for served in gated})):
        asking = [served for served in gated if served.settings.model == repository]
        yield ToDo(
            f"{asking[0].path}.model",
            f"{_names(asking)}: accept the licence at huggingface.co/{repository} with the account whose token is used",
            Step.LICENCES,
            nth,
        )
    if gated and TOKEN not in secrets:
        yield ToDo(
            TOKEN,
            f"{_names(gated)}: `pulumi config set --secret {TOKEN} -s {stack}` with a token that may read it;"
            f" before it `pulumi stack init {stack}`, where that stack is new",
            Step.SECRETS,
        )
    for each in placed:
        served = each.served
        if served.gated is None:
            message = f"whether {served.settings.model} asks for a licence isn't known"
            yield warned(f"{served.path}.model", message, kind="licence-unknown")


def _names(models: Sequence[Served]) -> str:
    return ", ".join(served.name for served in models)


def list_nodes(cluster: ClusterPlan, pools: Mapping[str, PoolPlan]) -> Iterator[Finding]:
    if not cluster.made:
        return
    for pool in pools.values():
        if pool.existing:
            labels = ", ".join(f"{key}={value}" for key, value in pool.selector.items())
            yield ToDo(
                f"gpuPools.{pool.name}.existing",
                f"the cluster is new, and these nodes are yours to make, once it is there: {labels},"
                f" {count(pool.gpus_per_node, 'GPU')} each{_billed(pool)}",
                Step.NODES,
            )


def _billed(pool: PoolPlan) -> str:
    return "; they aren't in the bill" if pool.usd_per_node_hour is None else ""
