"""Whom an Alertmanager notifies: its configuration, and the secrets that it reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from infra.plan.models import Resources
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.alerts.section import AlertsSection, Heartbeat, Receiver
from infra.services.monitoring.own_section import monitoring_of
from infra.services.service import Around
from infra.settings.platform import Settings

SECRET = "alert-receivers"
_PATH = "monitoring.alerts"
_NOBODY, _HEARTBEAT = "Nobody", "Heartbeat"  # receivers of a stack file have no capital letters
# A call is due each time that Alertmanager looks at the alert: what is to be repeated after exactly that time has been
# sent a moment too late to be due at the next look.
_EVERY, _DUE = "5m", "4m"
_REPEATED = {"critical": "1h", "warning": "12h"}  # until somebody has silenced or fixed it
_CALLED = " of a check that expects a call every 5 minutes, and waits 10 more"
_TITLE = "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} {{ .CommonLabels.model }}"
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n{{ .Annotations.runbook_url }}\n"
    "{{ end }}"
)
_DECIDED_THERE = "whom they reach is decided by the Alertmanager that exists, or by monitoring.alerts.receivers"
# What the chart's Alertmanager asks for (see its values in components/addons/prometheus.py).
_POD = Resources(cpu=0.05, memory_gib=64 / 1024, ephemeral_gib=0, shm_gib=0)


def alertmanager_pods(settings: Settings) -> Mapping[str, Sequence[Resources]]:
    """Of the Alertmanager that the stack installs, for the bill."""
    return {"Alertmanager": [_POD]} if settings.addons.prometheus.existing is None and is_notifying(settings) else {}


def is_notifying(settings: Settings) -> bool:
    """Whether the stack has anything for an Alertmanager to do."""
    return bool(_of(settings).receivers) or _of(settings).heartbeat is not None


def notified(settings: Settings, *, installs: bool) -> str:
    """Who gets the alerts. `installs`: the stack installs Prometheus, and with receivers an Alertmanager."""
    said = "nobody is notified without monitoring.alerts.receivers" if installs else _DECIDED_THERE
    if _of(settings).receivers:
        ways = {"critical": _of(settings).route.critical, "warning": _of(settings).route.warning}
        said = ", ".join(f"{severity} to {name or 'nobody'}" for severity, name in ways.items())
    pod = f"; Alertmanager is a pod that asks for {_POD.cpu:g} CPU and {_POD.memory_gib * 1024:.0f} MiB"
    return f"{said}{pod if installs and is_notifying(settings) else ''}"


def secrets_of(settings: Settings) -> Sequence[str]:
    """The names of the stack's secrets that receivers and the heartbeat need."""
    return sorted({*_of_receivers(settings), *_of_heartbeat(settings)})


def _of_receivers(settings: Settings) -> set[str]:
    return {_kind(each)[1].key_secret for each in _of(settings).receivers.values()}


def _of_heartbeat(settings: Settings) -> set[str]:
    heartbeat = _of(settings).heartbeat
    return {heartbeat.key_secret} if heartbeat is not None else set()


def missing_secrets(settings: Settings, there: Iterable[str]) -> Sequence[str]:
    return [each for each in secrets_of(settings) if each not in {*there}]


def receivers_to_do(settings: Settings, stack: str, secrets: Iterable[str]) -> Iterator[Finding]:
    for nth, secret in enumerate(missing_secrets(settings, secrets), start=1):
        command = f"`pulumi config set --secret {secret} -s {stack}`"
        if secret in _of_receivers(settings):
            yield ToDo(f"{_PATH}.receivers", command, Step.SECRETS, nth)
        else:
            yield ToDo(f"{_PATH}.heartbeat", f"{command}: the URL{_CALLED}", Step.SECRETS, nth)


def assume_alertmanager(around: Around) -> Iterator[Finding]:
    if around.monitoring is None or around.addons["prometheus"].state != "existing":
        return
    labels = ", ".join(f"{name}: {value}" for name, value in around.monitoring.labels.items())
    having = f" with the labels {labels}" if labels else ""
    if is_notifying(around.settings):
        read = f"the cluster's Alertmanager reads AlertmanagerConfigs{having} of {around.settings.namespace.name}"
        path = f"{_PATH}.receivers" if _of(around.settings).receivers else f"{_PATH}.heartbeat"
        yield Assumption(path, f"{read} (alertmanagerConfigSelector and its namespaces)")


def configuration(settings: Settings) -> Mapping[str, Any]:
    """The `spec` of an AlertmanagerConfig. Its operator adds that only alerts of its namespace are meant."""
    said = _of(settings)
    ways = {"critical": said.route.critical, "warning": said.route.warning}
    heartbeat = said.heartbeat
    return {
        "route": {
            "receiver": _NOBODY,
            "groupBy": ["alertname", "model"],
            "routes": [
                *(_route(severity, name) for severity, name in ways.items() if name is not None),
                *([_HEARTBEAT_ROUTE] if heartbeat is not None else []),
            ],
        },
        # A window that wakes somebody says more than a longer one of the same alert.
        "inhibitRules": [
            {"sourceMatch": [_is("critical")], "targetMatch": [_is("warning")], "equal": ["alertname", "model"]}
        ],
        "receivers": [
            {"name": _NOBODY},
            *(_receiver(name, each) for name, each in sorted(said.receivers.items())),
            *([_called(heartbeat)] if heartbeat is not None else []),
        ],
    }


def _of(settings: Settings) -> AlertsSection:
    return monitoring_of(settings).alerts


def _route(severity: str, receiver: str) -> dict[str, Any]:
    return {"matchers": [_is(severity)], "receiver": receiver, "repeatInterval": _REPEATED[severity]}


_HEARTBEAT_ROUTE = {
    "matchers": [{"name": "alertname", "matchType": "=", "value": str(Kind.HEARTBEAT)}],
    "receiver": _HEARTBEAT,
    "groupInterval": _EVERY,
    "repeatInterval": _DUE,
}


def _called(heartbeat: Heartbeat) -> dict[str, Any]:
    """Not when it ends: that call would say that all is well."""
    url = {"name": SECRET, "key": heartbeat.key_secret}
    return {"name": _HEARTBEAT, "webhookConfigs": [{"sendResolved": False, "urlSecret": url}]}


def _is(severity: str) -> dict[str, str]:
    return {"name": "severity", "matchType": "=", "value": severity}


def _kind(receiver: Receiver) -> tuple[str, Any]:
    """Its name in Alertmanager's words; the stack file has exactly one."""
    kinds = {
        "slackConfigs": receiver.slack,
        "pagerdutyConfigs": receiver.pagerduty,
        "webhookConfigs": receiver.webhook,
        "emailConfigs": receiver.email,
    }
    return next((kind, said) for kind, said in kinds.items() if said is not None)


def _receiver(name: str, receiver: Receiver) -> dict[str, Any]:
    kind, said = _kind(receiver)
    key = {"name": SECRET, "key": said.key_secret}
    return {"name": name, kind: [{"sendResolved": True, **_settings(kind, said, key)}]}


def _settings(kind: str, said: Any, key: Mapping[str, str]) -> dict[str, Any]:
    match kind:
        case "slackConfigs":
            return {"apiURL": key, "channel": said.channel, "title": _TITLE, "text": _TEXT}
        case "pagerdutyConfigs":
            return {"routingKey": key, "description": _TITLE}
        case "webhookConfigs":
            return {"urlSecret": key}
        case _:
            login = {"authUsername": said.user, "authPassword": key, "requireTLS": True}
            return {"to": said.to, "from": said.from_, "smarthost": said.server, **login}
