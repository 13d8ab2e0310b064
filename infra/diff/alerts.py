"""Alerts that end with a change, and whom the stack notifies of those that it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.plan.alike import alike
from infra.sides.types import Side

_RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
_CONFIGURATION = "kubernetes:monitoring.coreos.com/v1alpha1:AlertmanagerConfig"
_FEW = 6  # names of alerts in a sentence


@dataclass(frozen=True)
class Notified:
    """A receiver of the stack file."""

    where: str
    secret: str
    severities: tuple[str, ...]


def receivers_of(side: Side) -> dict[str, Notified]:
    """By name, those to which a route leads."""
    found = {}
    for spec in (each["inputs"]["spec"] for each in side.resources if each["type"] == _CONFIGURATION):
        ways = {name: tuple(severities) for name, severities in alike(_routes(spec)).items()}
        for receiver in spec.get("receivers", []):
            for kind, (config,) in ((key, each) for key, each in receiver.items() if key.endswith("Configs")):
                if severities := ways.get(receiver["name"]):
                    found[receiver["name"]] = Notified(*_where(kind, config), severities)
    return found


def _routes(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Severity and receiver."""
    for route in spec["route"].get("routes", []):
        severities = (each["value"] for each in route["matchers"] if each["name"] == "severity")
        yield from ((each, route["receiver"]) for each in severities)


def _where(kind: str, config: Mapping[str, Any]) -> tuple[str, str]:
    """Where it is notified, and the secret that this needs."""
    match kind:
        case "slackConfigs":
            return f"Slack, {config['channel']}", config["apiURL"]["key"]
        case "pagerdutyConfigs":
            return "PagerDuty", config["routingKey"]["key"]
        case "webhookConfigs":
            return "a webhook", config["urlSecret"]["key"]
        case _:
            return f"{config['smarthost']}, to {config['to']}", config["authPassword"]["key"]


def heartbeat_of(side: Side) -> str | None:
    """The secret with the URL that is called as long as Prometheus and Alertmanager work."""
    alerts = (side.platform.get("monitoring") or {}).get("alerts") or {}
    return (alerts.get("heartbeat") or {}).get("keySecret")


def notifies_nobody(old: Side, new: Side) -> list[str]:
    """Severities of which the stack notified somebody until now."""
    return [] if not (old.exists and new.exists) else sorted(_ways(old).keys() - _ways(new).keys())


def alerts_changed(old: Side, new: Side) -> Iterator[str]:
    """Where the stack stays and has alerts on both sides; without any, their end is said of all that is measured."""
    if not (_alerts(old) and _alerts(new)):
        return
    was, now = _ways(old), _ways(new)
    if lost := notifies_nobody(old, new):
        who = ", ".join(dict.fromkeys(was[each] for each in lost))
        yield f"the stack notifies nobody of {' and '.join(lost)} alerts any more; they went to {who}"
    moved = ((severity, f"{who}{_before(was.get(severity))}") for severity, who in sorted(now.items()))
    stay = {severity for severity, who in now.items() if was.get(severity) == who}
    for who, severities in alike(each for each in moved if each[0] not in stay).items():
        yield f"{' and '.join(severities)} alerts go to {who}"
    if changed := _labels(old) - _labels(new):
        yield (
            f"alerts no longer have the label {', '.join(sorted(changed))}, by which an Alertmanager of the cluster may"
            " know whom to notify"
        )
    if ended := sorted(_ended(old, new)):
        more = f" and {len(ended) - _FEW} more" if len(ended) > _FEW else ""
        yield f"no longer checked: {', '.join(ended[:_FEW])}{more}"


def _labels(side: Side) -> set[str]:
    """That the stack file gives to alerts."""
    alerts = (side.platform.get("monitoring") or {}).get("alerts") or {}
    return {f"{name}: {value}" for name, value in (alerts.get("labels") or {}).items()}


def _ended(old: Side, new: Side) -> set[str]:
    """Names of alerts. Those of a rule that is gone are about something that is gone too, such as a next version."""
    was, now = _alerts(old), _alerts(new)
    left = {name for each in now.values() for name, _ in each}
    found = (each for rule in was.keys() & now.keys() for each in was[rule])
    return {name for name, model in found if name not in left and _is_watched(model, new)}


def _before(who: str | None) -> str:
    return f", were for {who}" if who else ""


def _ways(side: Side) -> dict[str, str]:
    """By severity, who is notified."""
    named = receivers_of(side).items()
    return {severity: f"{name} ({each.where})" for name, each in named for severity in each.severities}


def _alerts(side: Side) -> dict[str, set[tuple[str, str | None]]]:
    """By rule, the name of each alert and the model that it watches."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for each in side.resources:
        if each["type"] == _RULE:
            rules = (rule for group in each["inputs"]["spec"].get("groups", []) for rule in group["rules"])
            named = {(rule["alert"], (rule.get("labels") or {}).get("model")) for rule in rules if "alert" in rule}
            found |= {each["name"]: named} if named else {}
    return found


def _is_watched(model: str | None, new: Side) -> bool:
    return model is None or (model in new.models and not new.endpoint(model).get("paused"))
