"""Reaches a cluster, looks, and asks Prometheus: what `status` does besides judging."""

from dataclasses import dataclass, replace

from infra.clouds.cloud import Cloud
from infra.live.cluster import reach_by
from infra.live.commands import NotRead
from infra.plan.plan import Plan
from infra.status.assess import assess
from infra.status.findings import Status
from infra.status.first_tokens import first_tokens
from infra.status.read import read
from infra.status.subject import CloudWords
from infra.usage.prometheus import NoAnswer, Prometheus


@dataclass(frozen=True)
class Looked:
    status: Status
    no_answer: str  # why Prometheus couldn't be asked; blank: it answered, or there was nothing to ask


def look(plan: Plan, cloud: Cloud, prometheus: Prometheus, context: str | None) -> Looked:
    """Raises NotRead."""
    with reach_by(plan, cloud, context) as cluster:
        if cluster is None:
            raise NotRead(f"the cluster isn't made yet: run `pulumi up -s {plan.stack}`")
        seen = read(cluster, plan)
    words = CloudWords(cloud.no_node_words, lambda group: cloud.why_no_node(plan.cluster, group))
    try:
        measured, no_answer = first_tokens(plan, prometheus), ""
    except NoAnswer as error:
        measured, no_answer = {}, str(error)
    return Looked(assess(plan, seen, words, measured), no_answer)


def with_context(plan: Plan, context: str | None) -> Plan:
    """So that the commands that are printed reach the same cluster."""
    return plan if context is None else replace(plan, cluster=replace(plan.cluster, context=context))
