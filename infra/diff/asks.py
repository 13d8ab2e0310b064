"""What somebody has to do because of the change, in addition to what the new plan asks; worded as a plan's to-do."""

from collections.abc import Iterator, Mapping

from infra.diff.clients import asks_for_a_key_now
from infra.diff.findings import Found
from infra.diff.load_balancer import gateway_of, recreated
from infra.diff.names import MODEL, TASK, behind
from infra.diff.services import ground
from infra.diff.space import growing
from infra.services.gateway.to_dos import both_names
from infra.sides.types import Changes, ResourceChanges, Side

_EMBEDS = "embed"


def asked_by(old: Side, new: Side, resources: ResourceChanges, answers: Mapping[str, Changes]) -> Iterator[Found]:
    yield from growing(old, new)
    yield from _keys(old, new)
    yield from _another_address(old, new, resources)
    for name, changed in answers.items():
        yield from _stored_vectors(name, new, changed)


def _keys(old: Side, new: Side) -> Iterator[Found]:
    if asked := [name for name in sorted(new.models) if asks_for_a_key_now(name, old, new)]:
        yield _finding(
            "gateway",
            f"before `pulumi up`, have whoever calls {', '.join(asked)} send the platform's key, which its engine"
            " ignores today: from then on the gateway answers requests without a key with 401",
        )


def _another_address(old: Side, new: Side, resources: ResourceChanges) -> Iterator[Found]:
    """The domain stays and the load balancer is another one. For another domain the plan itself has a to-do."""
    was, now = gateway_of(old), gateway_of(new)
    domain = now.get("domain")
    if domain and domain == was.get("domain") and (ground(resources) or recreated(old, new, resources)):
        yield _finding(
            "gateway.domain",
            f"after `pulumi up`, change the DNS CNAME records from {both_names(domain)} to the stack output"
            " gateway_address: the load balancer is recreated at another address, and the models can't be reached from"
            " outside until DNS follows",
        )


def _stored_vectors(name: str, new: Side, changed: Changes) -> Iterator[Found]:
    """Vectors of the same length are compared without an error, and the results are wrong."""
    what = next((key for key in ("repository", "revision", MODEL) if key in changed), None)
    if what is None or not _embeds(name, new):
        return
    by = f"revision {changed[what].old}" if what == "revision" else f"{changed[what].old}"
    section = "models" if name in new.models else "external"
    yield _finding(
        f"{section}.{name}.{what if what == 'revision' else 'model'}",
        f"have whoever stores vectors of {name} compute them again: those of {by} don't compare with the new ones, and"
        " nothing fails where both are equally long; to search without a gap, add the new model under another name,"
        f" fill a second index from it, and remove {name} afterwards",
    )


def _embeds(name: str, side: Side) -> bool:
    return _EMBEDS in (side.endpoint(name).get("kind"), (behind(side).get(name) or {}).get(TASK))


def _finding(path: str, message: str) -> Found:
    return {"path": path, "message": message}
