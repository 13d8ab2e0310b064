"""Everything that a change does to a stack, as the contract's JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.diff import figures
from infra.diff.access import access_changed
from infra.diff.access.meanwhile import with_prompts
from infra.diff.access.said import Access
from infra.diff.answers import answers_changed
from infra.diff.asks import asked_by
from infra.diff.clients import ClientNotice, client_notices
from infra.diff.counted import Counted, counted
from infra.diff.findings import FindingChanges, Found, compare_findings, compare_to_dos
from infra.diff.guard import Guarded, guarded
from infra.diff.in_place import refused_in_place
from infra.diff.namespace import not_there_already, released, with_released
from infra.diff.no_effect import without_effect
from infra.diff.nodes import pools_changed
from infra.diff.old_weights import OldWeights, old_weights
from infra.diff.replacements import forces
from infra.diff.resources import compare_resources
from infra.diff.restarts import restarts, restarts_beside
from infra.diff.services import ServiceNotice, service_notices
from infra.diff.settings import choices_changed, settings_changed
from infra.diff.side_by_side import not_lowered, not_needed, raises
from infra.diff.space import too_little_room
from infra.diff.traffic import Notice, noticed, notices
from infra.plan.alike import alike
from infra.sides.properties import differences
from infra.sides.types import Changes, Forces, ResourceChanges, Side


@dataclass(frozen=True)
class Difference:
    stack: str
    old: Side
    new: Side
    resources: ResourceChanges
    settings: Changes
    follows: Changes  # values that the program chose, and now chooses differently
    outputs: Changes
    cost: Changes
    counted: Counted  # what of the bill is from other prices
    notices: Sequence[Notice]  # of every model
    violations: FindingChanges
    in_place: Sequence[Found]  # violations of the change itself
    warnings: FindingChanges
    to_do: FindingChanges
    guarded: Sequence[Guarded]
    answers: Mapping[str, Changes]  # by model: what differs in what answers under its name
    access: Access
    restarts: Sequence[str]  # models
    restarts_beside: Sequence[str]  # other workloads
    services: Sequence[ServiceNotice]
    clients: Sequence[ClientNotice]  # that lose something
    old_weights: OldWeights | None

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.settings) or self.has_effect

    @property
    def has_effect(self) -> bool:
        """Whether anything but the stack file changes."""
        return any(
            (
                self.resources,
                self.follows,
                self.outputs,
                any(self.cost.values()),
                self.violations,
                self.warnings,
                self.to_do,
                figures.models_changed(self.old, self.new),
                any(noticed(each) for each in self.notices),
                pools_changed(self.old, self.new),
            )
        )

    @property
    def without_effect(self) -> dict[str, str]:
        """By path, why a setting that was typed or taken away changes nothing."""
        return without_effect(self.settings, self.old, self.new, alike=not self.has_effect)

    @property
    def refused(self) -> list[Guarded]:
        """What is guarded, and not allowed."""
        return [each for each in self.guarded if not each.allowed]

    @property
    def broken(self) -> list[Found]:
        """Rules that the new stack breaks, and rules that the change itself breaks."""
        return [*self.new.plan.get("violations", []), *self.in_place]

    @property
    def fails(self) -> bool:
        """A guard, or a rule: `pulumi up` refuses a plan that breaks one."""
        return bool(self) and bool(self.refused or self.broken)


def compare(stack: str, old: Side, new: Side, forces: Forces = forces) -> Difference:
    settings = settings_changed(old, new)
    resources = with_released(compare_resources(old.resources, new.resources, forces, settings), new)
    in_place = refused_in_place(old, new, resources)
    warnings, to_do = compare_findings(old, new, "warnings"), compare_to_dos(old, new, settings)
    refused = bool(new.plan.get("violations"))  # such a plan doesn't say all that holds
    answers = answers_changed(old, new)
    noticed_by_users = notices(old, new, resources)
    answered = alike((each.model, each.answered_by) for each in noticed_by_users if each.answered_by is not None)
    asked = [*asked_by(old, new, resources, answers), *released(resources)]
    to_dos = [*not_there_already([*not_lowered(to_do.introduced, old, new)], resources)]
    violations = compare_findings(old, new, "violations")
    return Difference(
        stack=stack,
        old=old,
        new=new,
        resources=resources,
        settings=settings,
        follows=choices_changed(old, new),
        outputs=differences(old.outputs, new.outputs),
        cost=figures.cost(old, new),
        counted=counted(old, new, settings),
        notices=noticed_by_users,
        violations=FindingChanges([*violations.introduced, *in_place], violations.fixed),
        in_place=in_place,
        warnings=FindingChanges([*warnings.introduced, *too_little_room(old, new)], () if refused else warnings.fixed),
        to_do=FindingChanges([*to_dos, *asked], [*not_needed(to_do.fixed, new)]),
        guarded=guarded(old, new, resources),
        answers=answers,
        access=with_prompts(access_changed(old, new), answered, new),
        restarts=restarts(old, new, resources),
        restarts_beside=restarts_beside(resources),
        services=service_notices(old, new, resources),
        clients=client_notices(old, new),
        old_weights=old_weights(old, new, resources),
    )


@dataclass(frozen=True)
class Facts:
    """What the changes of the program itself do, without those of the author."""

    changed: Changes  # by file and row
    effect: Difference | None  # the base's stack file, planned by both programs; None: the new one can't plan it


def document(difference: Difference, facts: Facts | None, requirements: Changes) -> dict[str, Any]:
    resources = difference.resources
    return {
        "version": 1,
        "stack": difference.stack,
        "violations": _findings(difference.violations),
        "guarded": [each.urn for each in difference.refused],
        "allowed": [each.urn for each in difference.guarded if each.allowed],
        "cost": _changes(difference.cost),
        "old_weights": vars(difference.old_weights) if difference.old_weights else None,
        "counted": _counted(difference.counted),
        "priced_alike": figures.priced_alike(difference.old, difference.new),
        "traffic": [_notice(each) for each in difference.notices if noticed(each)],
        "services": [vars(each) for each in difference.services],
        "clients": [vars(each) for each in difference.clients],
        "answers": {name: _changes(changes) for name, changes in difference.answers.items()},
        "access": {
            heading: {thing: vars(each) for thing, each in found.items()}
            for heading, found in difference.access.items()
        },
        "restarts": list(difference.restarts),
        "restarts_beside": list(difference.restarts_beside),
        "settings": _changes(difference.settings),
        "without_effect": difference.without_effect,
        "follows": _changes(difference.follows),
        "models": {
            name: _changes(changes) for name, changes in figures.models_changed(difference.old, difference.new).items()
        },
        "gpus_at_peak": vars(figures.gpus_at_peak(difference.old, difference.new)),
        "quotas": {str(quota): vars(each) for quota, each in figures.quotas(difference.old, difference.new).items()},
        "quotas_to_raise": {
            str(quota): {"needed": each.needed, **vars(each)}
            for quota, each in raises(difference.old, difference.new, resources).items()
        },
        "outputs": _changes(difference.outputs),
        "added": list(resources.added),
        "removed": list(resources.removed),
        "released": list(resources.released),
        "changed": [{"urn": urn, "properties": _changes(found)} for urn, found in resources.changed.items()],
        "replaced": [
            {"urn": urn, "because": list(resources.because[urn]), "properties": _changes(found)}
            for urn, found in resources.replaced.items()
        ],
        "replacement_unknown": [{"urn": urn, "properties": list(paths)} for urn, paths in resources.unsure.items()],
        "options": [{"urn": urn, "properties": _changes(found)} for urn, found in resources.options.items()],
        "warnings": _findings(difference.warnings),
        "to_do": _findings(difference.to_do),
        "facts_changed": _facts(facts),
        "facts_effect": _effect(facts),
        "requirements_changed": [{"name": name, **vars(change)} for name, change in requirements.items()],
    }


def _changes(changes: Changes) -> dict[str, Any]:
    return {path: vars(change) for path, change in changes.items()}


def _counted(counted: Counted) -> dict[str, Any]:
    return {
        "settings": list(counted.settings),
        "region": vars(counted.region) if counted.region else None,
        "no_longer": list(counted.no_longer),
        "from_now": list(counted.from_now),
        "by_prices": counted.by_prices,
    }


def _findings(findings: FindingChanges) -> dict[str, Any]:
    return {"introduced": list(findings.introduced), "mended": list(findings.fixed)}


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "model": notice.model,
        "event": notice.event,
        "during": notice.during,
        "afterwards": list(notice.afterwards),
        "seconds_away": notice.seconds,
        "answered_by": notice.answered_by,
        "starts": notice.starts,
        "waits": vars(notice.waits) if notice.waits is not None else None,
    }


def _facts(facts: Facts | None) -> list[Mapping[str, Any]]:
    return [{"path": path, **vars(change)} for path, change in facts.changed.items()] if facts else []


def _effect(facts: Facts | None) -> dict[str, Any] | None:
    """Null where the program's own changes do nothing, or where nobody can tell."""
    if facts is None or facts.effect is None:
        return None
    resources = facts.effect.resources
    return {
        "cost": _changes(facts.effect.cost),
        "added": list(resources.added),
        "removed": list(resources.removed),
        "changed": list(resources.changed),
        "replaced": list(resources.replaced),
        "follows": _changes(facts.effect.follows),
    }
