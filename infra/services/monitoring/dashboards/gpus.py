"""The dashboard of the GPUs, as NVIDIA's DCGM exporter sees them."""

from infra.services.monitoring.dashboards.panel import Asked, Dashboard, Panel, Row, Unit
from infra.services.monitoring.dashboards.queries import above_zero

_EACH = "{{Hostname}} {{gpu}}"


def gpus() -> Dashboard:
    return Dashboard(
        "gpus",
        "GPUs",
        "Each GPU of the cluster: how busy, how full, how hot, slowed down, broken.",
        (Row("Use", _use()), Row("Health", _health())),
    )


def _use() -> tuple[Panel, ...]:
    used, free = "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"
    return (
        _each("Busy", "Share of the time in which anything ran on it.", "percent", "DCGM_FI_DEV_GPU_UTIL"),
        Panel(
            "Memory",
            "In use. A server takes its share when it starts, whether or not anybody asks.",
            "percentunit",
            (Asked(f"max by (Hostname, gpu) ({used} / ({used} + {free}))", _EACH),),
        ),
        _each("Power", "What it draws.", "watt", "DCGM_FI_DEV_POWER_USAGE"),
    )


def _health() -> tuple[Panel, ...]:
    clock = "DCGM_FI_DEV_SM_CLOCK"
    return (
        Panel(
            "Newest XID",
            "The number of the driver's newest error, of cards that have one; 0: none has. 48, 63, 64, 74, 79, 94 and"
            " 95 come from the hardware, 13, 31 and 43 mostly from a program.",
            "short",
            (_broken("DCGM_FI_DEV_XID_ERRORS"),),
            number=True,
            red_above=0,
        ),
        Panel(
            "Clock, of its highest",
            "Of the last day. A busy GPU far below 100 % is throttled, by heat or by a limit of its power; an idle one"
            " is slow by itself.",
            "percentunit",
            (Asked(f"min by (Hostname, gpu) ({clock} / max_over_time({clock}[1d]))", _EACH),),
        ),
        _each("Temperature", "Cards of today slow down above 83 to 90 degrees.", "celsius", "DCGM_FI_DEV_GPU_TEMP"),
        Panel(
            "Failed rows of memory",
            "1: a broken row couldn't be replaced, so this card has to be exchanged; 0: no card has one.",
            "short",
            (_broken("DCGM_FI_DEV_ROW_REMAP_FAILURE"),),
            number=True,
            red_above=0,
        ),
    )


def _each(title: str, help: str, unit: Unit, metric: str) -> Panel:
    return Panel(title, help, unit, (Asked(f"max by (Hostname, gpu) ({metric})", _EACH),))


def _broken(metric: str) -> Asked:
    cards = f'max by (card) (label_join({metric}, "card", " ", "Hostname", "gpu"))'
    return Asked(above_zero(cards, metric, "card"), "{{card}}")
