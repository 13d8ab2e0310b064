"""The dashboard of a client or a team: what it asks, what it gets, what it is refused."""

from infra.plan.plan import Plan
from infra.services.monitoring.dashboards.panel import TODAY, Asked, Choice, Dashboard, Panel, Row
from infra.services.monitoring.dashboards.queries import FAILED, LATELY, REFUSED, failed, of

_WHO = ('client=~"$client"', 'team=~"$team"')
_LARGEST = 6  # numbers that are readable side by side
_NO_TEAM = "-"  # as the gateway writes it


def client(plan: Plan) -> Dashboard:
    clients = plan.traffic.clients
    teams = sorted({each.team or _NO_TEAM for each in clients.values()})
    return Dashboard(
        "client",
        "one client or team",
        "What clients and teams ask of which models, and how they are answered.",
        (Row("Requests", _requests(plan)), Row("Tokens", _tokens(plan))),
        (Choice("client", "Client", tuple(sorted(clients)), all=True), Choice("team", "Team", tuple(teams), all=True)),
    )


def _requests(plan: Plan) -> tuple[Panel, ...]:
    who, errors = of(plan, *_WHO), of(plan, *_WHO, FAILED)
    every = f"rate(envoy_llm_requests{who}{LATELY})"
    refused = f"rate(envoy_llm_requests{of(plan, *_WHO, REFUSED)}{LATELY})"
    none = f'label_replace(0 * sum({every}), "status", "none", "", "")'
    return (
        Panel(
            "Requests by model",
            "By the name that was sent.",
            "reqps",
            (Asked(f"sum by (model) ({every})", "{{model}}"),),
        ),
        Panel(
            "Failed",
            "Share of requests that were answered with 5xx. A line has a gap while the client asks nothing.",
            "percentunit",
            (Asked(failed(who, errors, "client"), "{{client}}"),),
        ),
        Panel(
            "Refused",
            "Answered with 4xx, by status: 429 is a limit of the client.",
            "reqps",
            (Asked(f"sum by (status) ({refused}) or on () {none}", "{{status}}"),),
        ),
    )


def _tokens(plan: Plan) -> tuple[Panel, ...]:
    who = of(plan, *_WHO)
    both = {"in": "envoy_llm_tokens_in", "out": "envoy_llm_tokens_out"}
    return (
        Panel(
            "Tokens per second",
            "Of prompts and of answers, once an answer has ended.",
            "short",
            tuple(Asked(f"sum(rate({metric}{who}{LATELY}))", said) for said, metric in both.items()),
        ),
        Panel(
            "Tokens today",
            "Of prompts and of answers; `llm-platform usage` says what they cost.",
            "short",
            tuple(Asked(f"sum(increase({metric}{who}[$__range]))", said) for said, metric in both.items()),
            number=True,
            since=TODAY,
        ),
        Panel(
            "Requests today",
            f"Of the {_LARGEST} clients with the highest numbers.",
            "short",
            (Asked(f"topk({_LARGEST}, sum by (client) (increase(envoy_llm_requests{who}[$__range])))", "{{client}}"),),
            number=True,
            since=TODAY,
        ),
    )
