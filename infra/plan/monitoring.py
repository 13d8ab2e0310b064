"""The Prometheus of the cluster, and how KEDA logs in to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SecretRef:
    """A key of a Secret in the models' namespace."""

    name: str
    key: str


@dataclass(frozen=True)
class PrometheusLoginPlan:
    """How KEDA logs in to a Prometheus: with a token, a name and a password, or signed requests; custom is no login:
    KEDA reads a CA only beside one, so it sends a header that says nothing."""

    mode: Literal["bearer", "basic", "sigv4", "custom"]
    secret: str | None  # its name in the models' namespace; None with sigv4 and custom
    keys: Mapping[str, str]  # KEDA's parameter -> the key in the Secret
    region: str | None  # with sigv4
    role_arn: str | None  # the role that KEDA's operator assumes
    ca: SecretRef | None = None  # the certificate of the CA; None: a public one


@dataclass(frozen=True)
class MonitoringPlan:
    """The Prometheus that scrapes the models and that KEDA queries: the stack installs it, or it exists."""

    url: str
    labels: Mapping[str, str]  # that a ServiceMonitor needs so that this Prometheus selects it
    namespace: str  # where it runs, for the NetworkPolicies
    login: PrometheusLoginPlan | None = None  # None: it needs no login
