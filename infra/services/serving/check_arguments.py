"""Rules for `extraArgs`: what the program sets itself, what the engine refuses, and what must not be there at all."""

from collections.abc import Mapping

from infra.engines import ENGINES
from infra.engines.arguments import Argument, BadArgument
from infra.services.serving.section import Model
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean

_CREDENTIALS = frozenset({"--api-key", "--hf-token", "--token", "--ssl-keyfile-password"})


def check_extra_args(scope: Scope, key: Key, model: Model) -> None:
    where: Key = (*key, "extraArgs")
    engine = ENGINES[model.engine]
    if engine.limits.no_arguments is not None:
        if model.extra_args:
            scope.report.wrong(where, engine.limits.no_arguments, "leave extraArgs out", reads=[(*key, "engine")])
        return
    for each in engine.read_arguments(model.extra_args):
        unplanned = engine.unplanned(each, model.extra_args[each.index]) if isinstance(each, Argument) else None
        found = _not_allowed(each.typed, each.flag, engine.limits.refused_arguments) or _refused(unplanned or each)
        if found is not None:
            scope.report.wrong((*where, each.index), *found, reads=[(*key, "engine")])


def _refused(argument: Argument | BadArgument) -> tuple[str, str] | None:
    """By the engine: its container would end at once, again and again."""
    if isinstance(argument, Argument):
        return None
    close = did_you_mean(argument.typed, argument.known) if argument.known else None
    return argument.got, f"did you mean {close}? Else {argument.write}" if close else argument.write


def _not_allowed(typed: str, name: str, refused: Mapping[str, str]) -> tuple[str, str] | None:
    flag = name if typed.replace("_", "-") == name else f"{typed} ({name})"
    if name in _CREDENTIALS:
        secret = "apiKey" if name == "--api-key" else "huggingFaceToken"
        got = f"{flag} is a credential in plain text (value not shown); anybody who sees the pod reads it"
        return got, f"leave it out, and use the secret {secret}"
    instead = refused.get(name)
    if instead is None:
        return None
    if instead.startswith("write "):
        return f"{flag} is the program's own", f"{instead} in its place"
    return f"{flag} is the program's own: {instead}", "leave it out"
