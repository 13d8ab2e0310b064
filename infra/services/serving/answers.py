"""What reads a model's answers: tool calls and thoughts."""

from collections.abc import Collection, Iterator

from infra.engines import ENGINES
from infra.engines.model import Parsers
from infra.plan.notes import Chosen, Finding
from infra.services.serving.section import Model
from infra.services.serving.served import Served
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean

OFF = "off"
_YES = ("on", "true", "yes", "auto", "enabled", "default")
_FEW = 4  # parsers of one family
_KEYS = (("toolCalling", "tool", "tool_calling"), ("reasoning", "reasoning", "reasoning"))


def parsers_of(served: Served) -> Parsers:
    """As the stack file says, else those of the model's family. An encoder writes no answers."""
    if served.question.task != "chat":
        return Parsers()
    model = served.settings
    engine = served.question.engine
    family, given = engine.parsers(model.like or model.model), engine.parsers_in(model.extra_args)
    return Parsers(
        given.tool or _chosen(model.tool_calling, family.tool),
        given.reasoning or _chosen(model.reasoning, family.reasoning),
    )


def say_unknown_parsers(served: Served) -> Iterator[Finding]:
    """A path names no family, so their tool calls and thoughts stay text of the answer."""
    engine, found = served.question.engine, parsers_of(served)
    if served.place is None or served.question.task != "chat":
        return
    for key, kind, attribute in _KEYS:
        unsaid = getattr(served.settings, attribute) is None and getattr(found, kind) is None
        if unsaid and engine.known_parsers.get(kind):
            what = "tool calls" if kind == "tool" else "thoughts"
            why = f"the path names no family whose parser is known; without one, {what} stay text of the answer"
            yield Chosen(f"{served.path}.{key}", OFF, why)


def _chosen(written: str | None, family: str | None) -> str | None:
    return family if written is None else None if written == OFF else written


def check_parsers(scope: Scope, key: Key, model: Model) -> None:
    engine = ENGINES[model.engine]
    for name, kind, attribute in _KEYS:
        written, known = getattr(model, attribute), engine.known_parsers.get(kind, ())
        if written is None or (written == OFF and known) or written in known:
            continue
        reads: list[Key] = [(*key, "engine")]
        if not known:
            got = f"{engine.title} reads answers in its own way and takes no parser"
            scope.report.wrong((*key, name), got, f"leave {name} out", reads=reads)
            continue
        close = " or ".join(_meant(written, known))
        write = f"did you mean {close}? Else write" if close else "write"
        if written.lower() in _YES:
            write = f"leave {name} out for the parser of the model's family, or write"
        got = f"{engine.title} has no parser {written}"
        scope.report.wrong((*key, name), got, f"{write} {OFF}, or one of {', '.join(known)}", reads=reads)


def _meant(written: str, known: Collection[str]) -> list[str]:
    """Of a family's name alone, its parsers; else a similar name."""
    family = [each for each in known if each.startswith(written.lower())]
    close = did_you_mean(written, known)
    return family if 0 < len(family) <= _FEW else [close] if close else []
