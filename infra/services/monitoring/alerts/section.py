"""`monitoring.alerts`: what somebody is notified of, and how."""

from typing import Annotated

from pydantic import Field

from infra.config_keys import ALERT_KEY
from infra.settings.types import PORT, Section, pattern

RUNBOOKS = "docs/runbooks"  # in the repository

Label = Annotated[str, pattern(r"^[A-Za-z_][A-Za-z0-9_]*$", "team", "label of Prometheus", max_length=60)]
ReceiverName = Annotated[str, pattern(r"^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$", "on-call", "name of a receiver")]
AlertKey = Annotated[
    str, pattern(f"^{ALERT_KEY}$", "alertKey-on-call", "name of a secret, alertKey-NAME", max_length=60)
]
_LABEL = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?"  # of a host's name
Mail = Annotated[
    str,
    pattern(
        rf"^[^@\s,;<>]+@({_LABEL}\.)+[A-Za-z][-A-Za-z0-9]*[A-Za-z0-9]$",
        "llm@example.com",
        "mail address with a dot in its domain",
        max_length=200,
    ),
]
MailServer = Annotated[
    str,
    pattern(
        rf"^{_LABEL}(\.{_LABEL})*:{PORT}$", "smtp.example.com:587", "HOST:PORT with a port up to 65535", max_length=200
    ),
]
Channel = Annotated[
    str, pattern(r"^[#@]?[^\s#@]+$", "#llm-platform", "name of a channel without spaces", max_length=80)
]
# A path has no dot in its first name: that would be an address whose https:// was forgotten.
Runbooks = Annotated[
    str,
    pattern(
        r"^(https?://[^\s/@]+(/\S*)?|/?[\w-]+(/[\w.-]+)+/?)$",
        "https://git.example.com/ml/llm-platform/docs/runbooks",
        "URL with http:// or https://, or a path in the repository",
    ),
]
_SET = "pulumi config set --secret alertKey-NAME"


class Slack(Section):
    """An incoming webhook of Slack, or of a program that speaks its words."""

    channel: Channel = Field(description="whom it is written to", examples=["#llm-platform"])
    key_secret: AlertKey = Field(description=f"the secret of the stack with the webhook's URL: {_SET}")


class PagerDuty(Section):
    """A service of PagerDuty with an Events API v2 integration."""

    key_secret: AlertKey = Field(description=f"the secret of the stack with the integration key: {_SET}")


class Webhook(Section):
    """Anything that takes Alertmanager's JSON."""

    key_secret: AlertKey = Field(
        description=f"the secret of the stack with the URL, which may have a token in it: {_SET}"
    )


class Email(Section):
    """Mail by a server that takes a login, over TLS."""

    to: Mail = Field(description="who gets it", examples=["llm-on-call@example.com"])
    from_: Mail = Field(alias="from", description="who sends it", examples=["alerts@example.com"])
    server: MailServer = Field(description="the mail server, with its port", examples=["smtp.example.com:587"])
    user: str = Field(min_length=1, description="the login's name", examples=["alerts"])
    key_secret: AlertKey = Field(description=f"the secret of the stack with the login's password: {_SET}")


class Receiver(Section):
    """Exactly one of these."""

    slack: Slack | None = Field(
        default=None,
        description="a channel of Slack",
        examples=[{"channel": "#llm-platform", "keySecret": "alertKey-slack"}],
    )
    pagerduty: PagerDuty | None = Field(
        default=None, description="a service of PagerDuty", examples=[{"keySecret": "alertKey-pagerduty"}]
    )
    webhook: Webhook | None = Field(default=None, description="a URL", examples=[{"keySecret": "alertKey-hook"}])
    email: Email | None = Field(
        default=None,
        description="a mail address",
        examples=[
            {
                "to": "llm-on-call@example.com",
                "from": "alerts@example.com",
                "server": "smtp.example.com:587",
                "user": "alerts",
                "keySecret": "alertKey-mail",
            }
        ],
    )


class Heartbeat(Section):
    """A service outside the cluster that warns when nobody calls it any more."""

    key_secret: AlertKey = Field(description=f"the secret of the stack with the URL that is called: {_SET}")


class Route(Section):
    """Who gets which alerts, by the names of receivers."""

    critical: ReceiverName | None = Field(
        default=None, description="who is woken; nobody when absent", examples=["on-call"]
    )
    warning: ReceiverName | None = Field(
        default=None, description="who reads of causes and risks; nobody when absent", examples=["team"]
    )


class AlertsSection(Section):
    """Alerts, as rules that Prometheus' operator reads from the cluster."""

    availability_percent: float = Field(
        default=99.5,
        ge=90,
        lt=100,
        description="of a model's requests that have to succeed within 30 days: the rest is its error budget, and who"
        " is on call hears when it is used up too fast",
        examples=[99.9],
    )
    receivers: dict[ReceiverName, Receiver] = Field(
        default={},
        description="whom an Alertmanager notifies, by a name that you choose; with them the chart of the Prometheus"
        " that the stack installs brings one",
        examples=[{"on-call": {"pagerduty": {"keySecret": "alertKey-pagerduty"}}}],
    )
    route: Route = Field(
        default=Route(),
        description="which receiver gets which alerts",
        examples=[{"critical": "on-call", "warning": "team"}],
    )
    heartbeat: Heartbeat | None = Field(
        default=None,
        description="a URL of a service outside the cluster, which is called every 5 minutes as long as Prometheus and"
        " Alertmanager work, and which warns when the calls end; without it nobody hears of that",
        examples=[{"keySecret": "alertKey-heartbeat"}],
    )
    labels: dict[Label, str] = Field(
        default={},
        description="labels that each alert gets, by which an Alertmanager that exists finds whom to notify",
        examples=[{"team": "ml-platform"}],
    )
    runbooks: Runbooks = Field(
        default=RUNBOOKS,
        description="where the pages of docs/runbooks are shown: each alert's runbook_url is this, and its page",
        examples=["https://git.example.com/ml/llm-platform/docs/runbooks"],
    )
