"""A bar a model: what a start from no node is spent on."""

from itertools import accumulate

from infra.cli.report.section import Column, Row, Section
from infra.planning.plan import ColdStart, Plan, Remedy

_LETTERS = {"node": "N", "boot": "B", "image": "I", "weights": "W", "engine": "E"}
_LEGEND = "N node, B boot and join, I image, W weights, E engine start and compile"
_LONGEST_BAR = 24  # leaves room for the rest of the line in 80 columns
_SCALES = (5, 10, 15, 20, 30, 40, 60, 90, 120, 300)  # seconds a letter
_MANY_MODELS = 8


def cold_start_section(plan: Plan) -> Section:
    """Of many models, those that take longest."""
    slowest = sorted(plan.models.values(), key=lambda each: -each.cold_start.seconds)
    shown = {each.name for each in slowest[:_MANY_MODELS]}
    scale = _scale(slowest[0].cold_start.seconds)
    columns = (
        Column(f"a letter is {scale} s", fixed=True),
        Column("in all", right=True),
        Column("minutes", right=True),
        Column("shorter with"),
    )
    rows = tuple(
        _row(name, model.cold_start, plan.remedies[name], scale) for name, model in plan.models.items() if name in shown
    )
    return Section("COLD START", columns, rows, note="\n".join((_LEGEND, *_others(plan, shown), *_more(plan, shown))))


def _scale(longest: int) -> int:
    return next((each for each in _SCALES if longest / each <= _LONGEST_BAR), -(-longest // _LONGEST_BAR))


def _row(name: str, start: ColdStart, remedies: tuple[Remedy, ...], scale: int) -> Row:
    best = next((each for each in remedies if each.write), None)
    return (
        name,
        bar(start, scale),
        duration(start.seconds),
        f"{start.low / 60:.0f} to {start.high / 60:.0f}",
        f"{best.write} saves {duration(best.seconds)}" if best else "",
    )


def bar(start: ColdStart, scale: int) -> str:
    """As long as the whole, rounded: what a part's rounding gains, the next one loses."""
    ends = [round(seconds / scale) for seconds in accumulate(part.mid for part in start.parts.values())]
    lengths = (end - begin for begin, end in zip((0, *ends), ends, strict=False))
    return "".join(_LETTERS[name] * length for name, length in zip(start.parts, lengths, strict=True))


def duration(seconds: int) -> str:
    return f"{seconds // 60} m {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"


def _others(plan: Plan, shown: set[str]) -> tuple[str, ...]:
    """What no key of a stack file does, each where it would save most."""
    most: dict[str, tuple[int, str]] = {}
    for model in shown:
        for remedy in plan.remedies[model]:
            if remedy.write is None:
                most[remedy.name] = max(most.get(remedy.name, (0, "")), (remedy.seconds, model))
    largest = sorted(most.items(), key=lambda each: (-each[1][0], each[0]))
    text = "; ".join(f"{name}, {duration(seconds)} less for {model}" for name, (seconds, model) in largest)
    return (f"would help too, and has no key in a stack file: {text}",) if text else ()


def _more(plan: Plan, shown: set[str]) -> tuple[str, ...]:
    rest = [model.cold_start.seconds for name, model in plan.models.items() if name not in shown]
    return (f"and {len(rest)} more, none above {duration(max(rest))}, in --format json",) if rest else ()
