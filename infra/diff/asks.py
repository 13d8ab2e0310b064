"""What somebody has to do because of the change, in addition to what the new plan asks; worded as a plan's to-do."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.config_keys import is_alert_key, is_external_key, is_trace_key
from infra.diff.clients import asks_for_a_key_now
from infra.diff.findings import Found
from infra.diff.load_balancer import gateway_of, recreated
from infra.diff.names import MODEL, TASK, behind
from infra.diff.references import labels_asked
from infra.diff.second_addons import first_removed
from infra.diff.services import ground
from infra.diff.space import growing
from infra.diff.unmoved import unmoved
from infra.services.gateway.to_dos import both_names
from infra.sides.types import Changes, ResourceChanges, Side

_EMBEDS = "embed"


def asked_by(old: Side, new: Side, resources: ResourceChanges, answers: Mapping[str, Changes]) -> Iterator[Found]:
    yield from growing(old, new)
    yield from labels_asked(old, new)
    yield from first_removed(old, new, resources)
    yield from unmoved(old, new)
    yield from _keys(old, new)
    yield from _another_address(old, new, resources)
    yield from _old_records(old, new)
    yield from _old_secrets(old, new)
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


def _old_records(old: Side, new: Side) -> Iterator[Found]:
    """Of a domain that nothing answers any more."""
    domain, now = (_reached_by(side) for side in (old, new))
    if domain and domain != now:
        yield _finding(
            "gateway.domain",
            f"after `pulumi up`, remove the DNS records of {both_names(domain)}, once nobody calls these names: nothing"
            " of this stack answers there any more",
        )


def _reached_by(side: Side) -> str | None:
    gateway = gateway_of(side)
    return None if gateway.get("expose") == "cluster" else gateway.get("domain")


def _old_secrets(old: Side, new: Side) -> Iterator[Found]:
    """Keys of others that the stack was given, and that nothing in it names any more."""
    stack = (new if new.exists else old).plan["stack"]
    for name in sorted(_named(old.platform) - _named(new.platform)):
        yield _finding(
            name,
            "nothing of the stack uses this secret any more: after `pulumi up`, revoke it where it was made, unless"
            f" something else uses it; `pulumi config rm {name} -s {stack}` removes it where the stack still has it",
        )


def _named(section: Any) -> set[str]:
    """Secrets that a part of a stack file names."""
    if isinstance(section, str):
        return {section} if is_external_key(section) or is_alert_key(section) or is_trace_key(section) else set()
    parts = section.values() if isinstance(section, Mapping) else section if isinstance(section, list) else ()
    return {name for part in parts for name in _named(part)}


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
