"""What a person has to do for the models: accept licences, and set the token of the account that accepted them."""

from collections.abc import Iterator, Sequence

from infra.config_keys import HUGGING_FACE_TOKEN
from infra.plan.findings import warned
from infra.plan.notes import Finding, Step, ToDo
from infra.services.serving.placed import Placed
from infra.services.serving.served import Served


def list_licences(stack: str, placed: Sequence[Placed], secrets: frozenset[str]) -> Iterator[Finding]:
    gated = [each.served for each in placed if each.served.gated]
    licensed = [served for served in gated if not _is_private_alone(served)]
    for nth, repository in enumerate(sorted({served.settings.model for served in licensed})):
        asking = [served for served in licensed if served.settings.model == repository]
        who = f"{_names(asking)}: " if len(asking) > 1 else ""
        yield ToDo(
            f"{asking[0].path}.model",
            f"{who}accept the licence at huggingface.co/{repository} with the account whose token is used",
            Step.LICENCES,
            nth,
            _each(asking),
        )
    drafted = [each.served for each in placed if each.served.draft_gated]
    for served in drafted:
        page = f"huggingface.co/{served.settings.speculative.model}" if served.settings.speculative else ""
        message = (
            f"{served.name}: accept the licence at {page}, of its draft model, with the account whose token is used"
        )
        yield ToDo(f"{served.path}.speculative.model", message, Step.LICENCES, len(gated))
    gated += [served for served in drafted if served not in gated]
    if gated and HUGGING_FACE_TOKEN not in secrets:
        yield ToDo(
            HUGGING_FACE_TOKEN,
            f"a token that may read {_names(gated)}: `pulumi config set --secret {HUGGING_FACE_TOKEN} -s {stack}`; if"
            f" the stack is new, run `pulumi stack init {stack}` first",
            Step.SECRETS,
            names=_each(gated),
        )
    unknown = [each.served for each in placed if each.served.gated is None]
    yield from _list_unknown([served for served in unknown if not _is_known(served)], secrets)
    for served in filter(_is_known, unknown):
        page = f"huggingface.co/{served.settings.model}"
        message = f"it isn't known whether it asks for a licence: {page} says so. If it does, accept it there and"
        message += f" set {HUGGING_FACE_TOKEN}, or the download fails"
        yield warned(f"{served.path}.model", message, kind="licence-unknown")


def _is_private_alone(served: Served) -> bool:
    """A repository that only a token reads, with no licence to accept."""
    shape = served.question.shape
    return shape is not None and shape.private is True and not shape.gated


def _is_known(served: Served) -> bool:
    """A public repository, of which only the licence wasn't looked up."""
    shape = served.question.shape
    return shape is not None and shape.id == served.settings.model and not served.settings.architecture


def _list_unknown(models: Sequence[Served], secrets: frozenset[str]) -> Iterator[Finding]:
    """Repositories of which nobody has seen whether the hub gives them to everybody."""
    token = "is set" if HUGGING_FACE_TOKEN in secrets else "is not set"
    for nth, repository in enumerate(sorted({served.settings.model for served in models})):
        asking = [served for served in models if served.settings.model == repository]
        yield ToDo(
            f"{asking[0].path}.model",
            f"{_names(asking)}: whether huggingface.co/{repository} is private or asks for a licence isn't known;"
            f" `llm-platform model add {repository}` finds out. If it does, {HUGGING_FACE_TOKEN} ({token}) must be one"
            " that may read it, or the download ends with 401",
            Step.LICENCES,
            nth,
            _each(asking),
        )


def _names(models: Sequence[Served]) -> str:
    return ", ".join(_each(models))


def _each(models: Sequence[Served]) -> tuple[str, ...]:
    return tuple(served.name for served in models)
