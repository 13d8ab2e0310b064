"""`promote` and `rollback`: a model's next version takes its place, or goes, in steps that lose no request."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.cli.client import GATEWAY, NotApplied
from infra.cli.client.edits import NotDone
from infra.cli.client.targets import as_target, differing
from infra.cli.stack_text import replace_file
from infra.cli.versions.edited import differs_from_commit, differs_from_state
from infra.cli.versions.edits import STEPS, Step, steps
from infra.cli.versions.growing import Action, weight_of
from infra.cli.versions.ready import wait_until_ready
from infra.live.cluster import ReachedCluster, reach
from infra.live.commands import NotRead, shown
from infra.live.state import State, read_state
from infra.offline import Planned, plan_loaded
from infra.plan.versions import ALL, NEXT, server_of_next
from infra.project import PROJECT
from infra.recording import Recorded, Recording
from infra.registry import cloud_of
from infra.services.serving.next import says_nothing
from infra.services.serving.service import SERVING
from infra.stack_file import load_text, read_stack_file

SERVER = "llm:kubernetes:ModelServer"
_POOL = ":GpuPool"  # how the type of a pool's component ends, whichever cloud it is
_STACK = "pulumi:pulumi:Stack"
# How the names of a server's components end.
_PARTS = ("", "-scaler", "-weights", "-prefetch", "-draft-prefetch")
# Seconds. kubelet copies a changed file to the gateway's pods within 90, and Envoy reads it within one: only then may a
# server end to which it sent requests before.
ENVOY_HAS_IT = 100


@dataclass(frozen=True)
class Change:
    """All steps that are left, each planned before the first one is written."""

    action: Action
    model: str
    path: Path
    text: str  # of the file as it is
    steps: Sequence[Step]
    planned: Sequence[Planned]  # of each step
    before: Planned
    begun: bool  # the first step is the file as it is

    @property
    def stack(self) -> str:
        return self.before.plan.stack

    def nth(self, number: int) -> str:
        """Of all steps, also those of an earlier run. Growing has no number: later the file doesn't say whether a
        server has grown."""
        every = STEPS[self.action]
        left = sum(step.grows is None for step in self.steps[number:])
        before = "before " if self.steps[number].grows else ""
        return f"{before}step {every - left + 1} of {every}"

    def whole(self) -> list[str]:
        """What a person runs, who sees a preview of all that the file says."""
        elsewhere = self.path.resolve().parent != PROJECT / "stacks"
        return ["pulumi", "up", "-s", self.stack, *(("--config-file", str(self.path.resolve())) if elsewhere else ())]

    def command(self, number: int, project: str) -> list[str]:
        """What applies a step, and nothing else. `project`: as the state names it, where it was renamed."""
        urns = self._targets(number)
        assert urns, "without a target the whole stack would be applied"
        named = [as_target(urn, project) for urn in urns]
        # A refresh of the same targets would refuse those that aren't there yet.
        options = ("--yes", "--skip-preview", "--refresh=false", "--non-interactive", "--suppress-outputs")
        return [*self.whole(), *options, *(part for each in named for part in ("--target", each))]

    def _targets(self, number: int) -> list[str]:
        """What differs from the step before. At first also all of the model's servers, of their nodes and of the
        gateway: a run that was cut off may have left any of them as it was."""
        now = self.planned[number]
        if number:
            return sorted(differing(self.planned[number - 1].recording, now.recording))
        around = {*self._around(self.before), *self._around(now)}
        return sorted(around | differing(self.before.recording, now.recording))

    def _around(self, planned: Planned) -> Iterator[str]:
        models = planned.plan.models
        servers = [models[name] for name in (self.model, server_of_next(self.model)) if name in models]
        names = {f"{each.name}{part}" for each in servers for part in _PARTS}
        pools = {each.pool for each in servers}
        for resource, root in _with_roots(planned.recording):
            of_server = root.type in SERVING.owns and root.name in names
            if of_server or root.type == GATEWAY or (root.type.endswith(_POOL) and root.name in pools):
                yield resource.urn


def _with_roots(recording: Recording) -> Iterator[tuple[Recorded, Recorded]]:
    """Each resource, with the outermost component around it."""
    by_urn = {each.urn: each for each in recording.resources if each.type != _STACK}
    for resource in recording.resources:
        root = resource
        while (parent := by_urn.get(root.parent or "")) is not None:
            root = parent
        yield resource, root


def change(action: Action, path: Path, model: str, replicas: int | None = None) -> Change:
    """Nothing is written. `replicas`: how many are enough for all requests; None: as many as the model may have. Raises
    BadStackFile where the file itself is wrong, and NotDone."""
    text = read_stack_file(path)
    before = plan_loaded(load_text(text, path))
    found = steps(action, text, path, model, replicas)
    planned = [plan_loaded(each.file) for each in found]
    there = set(before.plan.violations)
    broken = dict.fromkeys(each for plan in planned for each in plan.plan.violations if each not in there)
    if broken:
        raise NotDone([(each.path, f"{each.rule}: {each.message}; {each.fix}") for each in broken], code=1)
    whole = Change(action, model, path, text, found, planned, before, begun=found[0].text == text)
    _refuse_edited(whole)
    return whole


Said = Callable[[int, Step], None]  # before a step is written and applied


def write_next(change: Change) -> int:
    """Writes the next step alone, and returns its number. Raises OSError, and ChangedMeanwhile."""
    number = 1 if change.begun else 0
    replace_file(change.path, change.steps[number].text, was=change.text)
    return number


def run(change: Change, said: Said, sleep: Callable[[float], None] = time.sleep) -> None:
    """All steps, each applied. Raises OSError, ChangedMeanwhile, and NotApplied where the file is changed and what is
    deployed isn't."""
    state, was = _state(change), change.text
    with _cluster(change, state) as cluster:
        for number, step in enumerate(change.steps):
            said(number, step)
            replace_file(change.path, step.text, was=was)
            was = step.text
            command = change.command(number, project=state.resources[0].urn.split("::")[1])
            if shown(*command, folder=PROJECT):
                raise NotApplied("`pulumi up` failed", change.whole(), code=3)
            if step.grows is not None and cluster is not None:
                wait_until_ready(cluster, change.planned[number].plan, step.grows)
            if step.waits:
                sleep(ENVOY_HAS_IT)


@contextmanager
def _cluster(change: Change, state: State) -> Iterator[ReachedCluster | None]:
    """Where it has to say when a server has grown. Nothing is written before it is known that it answers."""
    if not any(step.grows for step in change.steps):
        yield None
        return
    plan = change.before.plan
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(reach(plan.cluster, cloud_of(plan.settings), state))
        except NotRead as error:
            why = f"whether replicas are ready can't be seen: {error}"
            raise NotApplied(why, ["llm-platform", "status", change.stack], code=3) from None
        yield cluster


def _refuse_edited(change: Change) -> None:
    """While the next version answers all requests, `next` must be what is deployed: the model would get settings that
    no request has tried, and the one server that answers would change."""
    model = change.before.plan.settings.models[change.model]
    if change.action != "promote" or says_nothing(model) or weight_of(model) < ALL:
        return
    server = server_of_next(change.model)
    if (state := _state_or_none(change)) is not None:
        edited = differs_from_state(change.before, state, server)
    else:
        edited = bool(differs_from_commit(change.path, change.text, change.model))
    if edited:
        says = f"was edited while {server} answers all requests: other settings run"
        back = "write it as it was (git log -p), promote that, and write the other settings as a new next afterwards"
        raise NotDone([(f"models.{change.model}.{NEXT}", f"{says}; {back}")], code=1)


def _state_or_none(change: Change) -> State | None:
    try:
        return read_state(change.stack)
    except NotRead:
        return None


def _state(change: Change) -> State:
    """Nothing is written before it is known that both servers are deployed."""
    if shutil.which("pulumi") is None:
        why = "the Pulumi CLI isn't on PATH: install it, or have one step written at a time"
        raise NotApplied(why, ["llm-platform", change.action, change.stack, change.model, "--no-up"], code=3)
    try:
        state = read_state(change.stack)
    except NotRead as error:
        raise NotApplied(f"the state of the stack can't be read: {error}", change.whole(), code=3) from None
    if server_of_next(change.model) not in {each.logical_name for each in state.of(SERVER)}:
        raise NotApplied("the next version was never deployed", change.whole(), code=3)
    return state
