"""Values as Grafana writes them, in the units that panels have."""

_DECIMALS = ((100, 0), (10, 1), (0, 2))  # of values from each on
_SCALES = {
    "s": ((60, 1 / 60, " min"), (1, 1, " s"), (0, 1000, " ms")),
    "ms": ((1000, 1 / 1000, " s"), (0, 1, " ms")),
    "short": ((1e6, 1e-6, " Mil"), (1e3, 1e-3, " K"), (0, 1, "")),
    "reqps": ((1e3, 1e-3, "K req/s"), (0, 1, " req/s")),
    "percentunit": ((0, 100, "%"),),
    "percent": ((0, 1, "%"),),
    "celsius": ((0, 1, " °C"),),
    "watt": ((1e3, 1e-3, " kW"), (0, 1, " W")),
    "currencyUSD": ((1e6, 1e-6, "M"), (1e3, 1e-3, "K"), (0, 1, "")),
}


def written(value: float, unit: str) -> str:
    if value == 0:
        factor, said = 1.0, _SCALES[unit][-1][2].replace(" ms", " s")
    else:
        factor, said = next((by, said) for least, by, said in _SCALES[unit] if abs(value) >= least)
    sign = "$" if unit == "currencyUSD" else ""
    return f"{sign}{_number(value * factor)}{said}"


def _number(value: float) -> str:
    decimals = next(count for least, count in _DECIMALS if abs(value) >= least)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
