"""A dashboard as Grafana's JSON, by Grafana's own library of its types."""

import json
from collections.abc import Iterator
from itertools import count

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueGraphMode, BigValueTextMode, LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    VariableHide,
    VariableOption,
)

from infra.services.monitoring.dashboards.panel import Choice, Dashboard, Panel

TAG = "llm-platform"
_PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT, _NUMBER_HEIGHT, _WIDTH = 8, 5, 24  # of a panel with lines, of numbers alone, and of a whole row
_NAMED = BigValueTextMode.VALUE_AND_NAME  # by itself Grafana leaves the name of a single value out
_DASHED = DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 6]})
_REFRESH, _FROM = "1m", "now-6h"


def as_json(made: Dashboard, stack: str) -> str:
    """What a sidecar or an import reads; the same for the same plan."""
    builder = (
        dashboard.Dashboard(f"LLM platform, {stack}: {made.title}")
        .uid(f"llm-{stack}-{made.name}"[:40])
        .description(made.about)
        .tags([TAG, stack])
        .time(_FROM, "now")
        .refresh(_REFRESH)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(_others())
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for choice in made.choices:
        builder = builder.with_variable(_choice(choice))
    ids = count(1)
    for row in made.rows:
        builder = builder.with_row(dashboard.Row(row.title).id(next(ids)))
        height = _NUMBER_HEIGHT if all(panel.number for panel in row.panels) else _HEIGHT
        for panel in row.panels:
            shown = _number(panel) if panel.number else _lines(panel)
            width = _WIDTH // len(row.panels)
            builder = builder.with_panel(shown.height(height).span(width).id(next(ids)))
    return json.dumps(builder.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("LLM platform")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .keep_time(True)
    )


def _choice(choice: Choice) -> dashboard.CustomVariable:
    made = dashboard.CustomVariable(choice.name).label(choice.title).values(",".join(choice.values))
    if choice.all:
        every = VariableOption(text="All", value="$__all", selected=True)
        return made.include_all(True).all_value(".*").multi(True).current(every)
    first = choice.values[0]
    return made.current(VariableOption(text=first, value=first, selected=True)).hide(VariableHide.DONT_HIDE)


def _lines(panel: Panel) -> timeseries.Panel:
    made = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.help)
        .datasource(_PROMETHEUS)
        .unit(panel.unit)
        .min(0)
        .legend(_legend())
    )
    for number, query in enumerate(_queries(panel)):
        made = made.with_target(query.range())
        if panel.asked[number].level:
            made = made.override_by_query(_id(number), [_DASHED])
    return made


def _number(panel: Panel) -> stat.Panel:
    made = (
        stat.Panel()
        .title(panel.title)
        .description(panel.help)
        .datasource(_PROMETHEUS)
        .unit(panel.unit)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(_NAMED if any(each.legend for each in panel.asked) else BigValueTextMode.VALUE)
        .thresholds(_thresholds(panel))
    )
    if panel.since:
        made = made.time_from(panel.since)
    for query in _queries(panel):
        made = made.with_target(query.instant())
    return made


def _queries(panel: Panel) -> Iterator[prometheus.Dataquery]:
    for number, asked in enumerate(panel.asked):
        query = prometheus.Dataquery().ref_id(_id(number)).expr(asked.promql)
        yield query.legend_format(asked.legend) if asked.legend else query


def _id(number: int) -> str:
    return f"Q{number}"


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _thresholds(panel: Panel) -> dashboard.ThresholdsConfig:
    steps = [Threshold(color="text", value=None)]
    if panel.red_above is not None:
        steps = [Threshold(color="green", value=None), Threshold(color="red", value=panel.red_above + 1e-9)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
