"""What planning finds besides its decisions: choices, broken rules with advice, warnings, to-dos and assumptions."""

from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Any

from infra.plan.cluster import Quota
from infra.plan.rules import Rule


@dataclass(frozen=True)
class Note:
    """A warning, a to-do or an assumption, with the dotted path of the setting that it is about."""

    path: str
    message: str


# Dotted paths of the stack file, and what to write there. None removes a key.
Write = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Advice:
    """A change of the stack file after which the next plan holds the rule, and the words for it."""

    write: Write = field(hash=False)  # a value may be a list of mappings
    text: str


@dataclass(frozen=True)
class Warned(Note):
    """A warning. `kind`: a key of kinds.KINDS, a cloud's name for it, or the path of settings that it is about."""

    kind: str
    detail: str = ""  # what differs between the models or pools that have this kind of warning
    shared: str = ""  # the words for several of this kind; blank: those of KINDS, else the message
    advice: tuple[Advice, ...] = ()  # each of them ends what is warned of in the next plan


@dataclass(frozen=True)
class Assumption(Note):
    """What the plan relies on without a check, because it reads nothing from the account or the cluster."""


class Step(IntEnum):
    """When a person does something; the members are in the order of doing."""

    PLACEHOLDERS = auto()
    ACCOUNT = auto()
    QUOTAS = auto()
    LICENCES = auto()
    SECRETS = auto()
    NODES = auto()
    NAMESPACE = auto()
    NAMESPACE_LABELS = auto()
    WEIGHTS = auto()
    RUNTIME_CLASS = auto()
    DEVICE_PLUGIN = auto()
    CERTIFICATE = auto()
    INGRESS_CONTROLLER = auto()
    INGRESS_LABEL = auto()
    CLIENT_NAMESPACES = auto()
    CUSTOM_SERVERS = auto()
    DNS = auto()
    DEFINITIONS = auto()
    MONITORING = auto()
    MONITORING_LOGIN = auto()
    CLIENT_SECRETS = auto()
    GRAFANA = auto()


AFTERWARDS = frozenset({Step.DNS, Step.CLIENT_SECRETS, Step.GRAFANA})  # these need something that `pulumi up` makes


@dataclass(frozen=True)
class ToDo(Note):
    """What a person has to do before or after the first `pulumi up`."""

    step: Step
    nth: int = 0  # the order among the to-dos of one step
    names: tuple[str, ...] = ()  # whom it is for; several are in the message, before a colon
    quota: Quota | None = None  # that has to be raised


@dataclass(frozen=True)
class Violation:
    """A rule that the stack breaks, and what to write so that it doesn't."""

    rule: Rule
    path: str
    message: str
    fix: str  # the advice as text; where no advice helps, an explanation
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """A value that the program chose because the stack file gives none; `--pin` writes it under its path."""

    path: str
    value: Any
    reason: str
    detail: str = ""  # what differs between several that have the same reason: a chart and its version

    @property
    def whole_reason(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


Finding = Chosen | Violation | Warned | ToDo | Assumption
