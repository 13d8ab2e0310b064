"""In which order the cluster autoscaler asks the node groups of a pool: its priority expander."""

from collections.abc import Iterable, Mapping

from infra.plan.pools import PoolPlan

_OTHERS = 1  # groups of pools without steps: of a group that no pattern names, the autoscaler warns in each round
_APART = 10


def priorities(pools: Iterable[PoolPlan]) -> Mapping[int, list[str]]:
    """Patterns of the names of scaling groups; the highest number is asked first. Empty where no pool has steps.

    EKS names a scaling group `eks-NAME-UUID` after its node group, whose name Pulumi ends with 7 hexadecimal digits.
    """
    found: dict[int, list[str]] = {}
    for pool in pools:
        for place, step in enumerate(reversed(pool.steps), start=1):
            groups = [name for name, group in pool.groups.items() if group.step == step]
            found.setdefault(place * _APART, []).extend(
                f"^eks-{pool.name}-nodes-{each}-[0-9a-f]{{7}}-" for each in groups
            )
    return {**found, _OTHERS: [".*"]} if found else {}
