"""Rules for `extraArgs`: what the program sets itself, and what must not be there at all."""

from infra.engines import ENGINES
from infra.services.serving.section import Model
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_CREDENTIALS = frozenset({"--api-key", "--hf-token", "--token", "--ssl-keyfile-password"})


def check_extra_args(scope: Scope, key: Key, model: Model) -> None:
    engine = (*key, "engine")
    where: Key = (*key, "extraArgs")
    limits = ENGINES[model.engine].limits
    if limits.no_arguments is not None:
        if model.extra_args:
            scope.report.wrong(where, limits.no_arguments, "leave extraArgs out", reads=[engine])
        return
    for index, argument in enumerate(model.extra_args):
        flag = argument.split("=", 1)[0].strip()
        if flag.startswith("--"):
            flag = flag.replace("_", "-").lower()  # some engines take both
        if flag in _CREDENTIALS:
            got = f"{flag} is a credential in the open (value not shown); anybody who sees the pod reads it"
            name = "apiKey" if flag == "--api-key" else "huggingFaceToken"
            scope.report.wrong((*where, index), got, f"leave it out, and use the secret {name}")
        elif (instead := limits.refused_arguments.get(flag)) is not None:
            if instead.startswith("write "):
                got = f"{flag} is the program's own"
                scope.report.wrong((*where, index), got, f"{instead} in its place", reads=[engine])
            else:
                scope.report.wrong(
                    (*where, index), f"{flag} is the program's own: {instead}", "leave it out", reads=[engine]
                )
