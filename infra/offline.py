"""Plans a stack and records its resources without a cloud, for `plan` and for tests."""

from dataclasses import dataclass
from pathlib import Path

from infra.config_keys import HUGGING_FACE_TOKEN, config_key
from infra.live import Namespaces
from infra.plan.plan import Plan
from infra.program import deploy, plan_of
from infra.recording import Recording, record
from infra.registry import cloud_of
from infra.services.monitoring.alerts.receivers import secrets_of
from infra.services.tracing.plan import header_secrets
from infra.settings.file import StackFile
from infra.stack_file import load_file

_PLACEHOLDER = "not read offline"  # a stack's secrets are encrypted; none is ever needed to plan


@dataclass(frozen=True)
class Planned:
    """The plan, and the resources that the program makes from it."""

    plan: Plan
    recording: Recording


def plan_offline(path: Path, *, preview: bool = False) -> Planned:
    """Load, plan and record a stack file. With `preview`, values that only a cloud knows are unknown.

    Raises BadStackFile.
    """
    return plan_loaded(load_file(path), preview=preview)


def plan_loaded(file: StackFile, *, preview: bool = False) -> Planned:
    """Plan and record a stack file that was loaded."""
    plan = plan_of(file)
    cloud = cloud_of(file.settings)
    # A missing secret is a to-do before `up`, so the plan goes on as if it was there.
    secrets = {config_key(name): _PLACEHOLDER for name in _needed(plan, file)}
    recording = record(
        lambda: deploy(plan, cloud.provider(plan), Namespaces()),
        stack=file.stack,
        config=secrets,
        secret_keys=tuple(secrets),
        answers=cloud.answers,
        preview=preview,
    )
    return Planned(plan, recording)


def _needed(plan: Plan, file: StackFile) -> set[str]:
    return {
        *file.secrets,
        HUGGING_FACE_TOKEN,
        *(each.secret for each in plan.traffic.externals.values()),
        *secrets_of(plan.settings),
        *header_secrets(plan.settings),
    }
