"""`speculative`: tokens that something quicker proposes, and the model checks several at once."""

from collections.abc import Iterator

from infra.catalog import Catalog, ModelShape
from infra.engines.model import Proposer
from infra.plan.findings import warned
from infra.plan.notes import Assumption, Finding
from infra.services.serving.section import Model
from infra.sizing.question import Draft
from infra.sizing.weights import stored_gib

DRAFT = "draft"  # the method of a model that proposes


def proposer_of(model: Model, catalog: Catalog) -> Proposer | None:
    """What proposes tokens, at the commit that is served."""
    asked = model.speculative
    if asked is None:
        return None
    known = catalog.models.get(asked.model or "")
    revision = asked.revision or (known.revision if known else None)
    return Proposer(asked.method or DRAFT, asked.tokens, asked.model, revision)


def draft_of(model: Model, catalog: Catalog) -> Draft | None:
    asked = model.speculative
    if asked is None:
        return None
    return Draft(asked.tokens, catalog.models.get(asked.model or ""), own_layer=asked.method == "mtp")


def other_vocabulary(draft: ModelShape, shape: ModelShape | None) -> str | None:
    """Why a model can't propose tokens to another one: the second would read them as other words."""
    if shape is None or draft.vocab_size == shape.vocab_size:
        return None
    return f"has {draft.vocab_size} tokens of vocabulary, and {shape.id} has {shape.vocab_size}"


def draft_gib(model: Model, catalog: Catalog) -> float:
    """The download of the model that proposes."""
    shape = catalog.models.get(model.speculative.model or "") if model.speculative else None
    return stored_gib(shape, None, catalog, own_repository=True) if shape else 0.0


def explain_speculation(of_model: str, model: Model, catalog: Catalog) -> Iterator[Finding]:
    """`of_model`: its path."""
    found, path = proposer_of(model, catalog), f"{of_model}.speculative"
    if found is None:
        return
    yield Assumption(
        path,
        f"how many of {found.tokens} proposed tokens are right depends on the texts: throughput is estimated without"
        " any",
    )
    if found.model is not None and found.revision is None:
        message = f"none is given: main of {found.model} can move, and with it what proposes tokens"
        yield warned(f"{path}.revision", message, kind="draft-revision")
