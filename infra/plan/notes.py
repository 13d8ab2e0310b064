"""What planning finds beside its decisions: choices, broken rules with advice, warnings, things to do, assumptions."""

from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Any

from infra.plan.rules import Rule


@dataclass(frozen=True)
class Note:
    """A warning, a thing to do, or an assumption, with the dotted path of the setting that it is about."""

    path: str
    message: str


# Dotted paths of the stack file and what to write there; None takes a key out.
Write = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Advice:
    """A change of the stack file after which the next plan holds the rule, and the words for it."""

    write: Write
    text: str


@dataclass(frozen=True)
class Warned(Note):
    """A warning. `kind`: a key of kinds.KINDS, a cloud's name for it, or the path of settings that it is about."""

    kind: str
    detail: str = ""  # what differs from model to model, or from pool to pool
    shared: str = ""  # what is said once of several with this kind; blank: KINDS has it, or they share no words
    advice: tuple[Advice, ...] = ()  # after each of which the next plan doesn't warn


@dataclass(frozen=True)
class Assumption(Note):
    """What is taken to be so, because nothing was read from the account or the cluster."""


class Step(IntEnum):
    """When a person does a thing: the order of doing."""

    PLACEHOLDERS = auto()
    ACCOUNT = auto()
    QUOTAS = auto()
    LICENCES = auto()
    SECRETS = auto()
    NODES = auto()
    NAMESPACE = auto()
    NAMESPACE_LABELS = auto()
    RUNTIME_CLASS = auto()
    DEVICE_PLUGIN = auto()
    CERTIFICATE = auto()
    INGRESS_CONTROLLER = auto()
    INGRESS_LABEL = auto()
    DNS = auto()
    MONITORING = auto()
    MONITORING_LOGIN = auto()


AFTERWARDS = frozenset({Step.DNS})  # what needs something that `pulumi up` makes


@dataclass(frozen=True)
class ToDo(Note):
    """What a person has to do before or after the first `pulumi up`."""

    step: Step
    nth: int = 0  # of its step, where they have an order among them


@dataclass(frozen=True)
class Violation:
    """A rule that the stack breaks, and what to write so that it doesn't."""

    rule: Rule
    path: str
    message: str
    fix: str  # the advice as text; where there is none that holds, in words alone
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """A value that the program chose because the stack file gives none; `--pin` writes it under its path."""

    path: str
    value: Any
    reason: str


Finding = Chosen | Violation | Warned | ToDo | Assumption
