"""The GPUs of nodes that exist: what the catalogue knows, and what the stack file says of them."""

from collections.abc import Iterator
from dataclasses import replace

from infra.catalog import Catalog, Gpu, gpu_named, gpus_named
from infra.catalog.gpu_names import card_of_memory, is_shared, same_chip
from infra.clouds.existing.check_nodes import PRODUCT, slice_of
from infra.clouds.existing.section import ExistingNodes
from infra.plan.findings import warned
from infra.plan.notes import Assumption, Finding

# A card whose memory differs from the catalogue's by at most this part is still that card: error correction takes some.
SAME_CARD = 0.1
OWN_MEMORY = "the stack file's gpuMemoryGib"  # the source of a card that is known by its memory alone
_SET = ("", "true", "yes")  # values of a label whose name says it all


def existing_card(nodes: ExistingNodes, catalog: Catalog) -> Gpu:
    """The catalogue's card, with the memory that the stack file gives it. Nobody knows the speed of a card of another
    size."""
    source, gib = OWN_MEMORY, nodes.gpu_memory_gib
    cut = slice_of(nodes, catalog.gpus)
    if cut is not None:
        return replace(card_of_memory(cut.name, gib, cut.card, source), slice=True)
    known = gpu_named(nodes.gpu or "", catalog.gpus)
    if known is not None and _same(known, gib):
        name = known.name if known.engine_gib else nodes.gpu or known.name
        return replace(known, name=name, engine_gib=min(filter(None, (gib, known.engine_gib)), default=None))
    return card_of_memory(nodes.gpu, gib, same_chip(nodes.gpu or "", catalog.gpus), source)


def _same(known: Gpu, gib: float | None) -> bool:
    return gib is None or abs((known.engine_gib or gib) - gib) <= SAME_CARD * gib


def say_card(pool: str, nodes: ExistingNodes, card: Gpu, catalog: Catalog, kubectl: str) -> Iterator[Finding]:
    """What isn't known of these cards, and where their names contradict the plan."""
    path = f"gpuPools.{pool}.existing"
    if nodes.sharing is not None:
        pass  # said of every pool that shares its GPUs
    elif card.slice:
        yield Assumption(
            f"{path}.gpu",
            f"{card.name} has a share of a GPU's compute and bandwidth: no tokens per second are estimated. A replica"
            " runs on one slice; the cluster offers slices as nvidia.com/gpu (MIG strategy single)",
        )
    elif card.bandwidth_gb_s is None:
        yield Assumption(
            f"{path}.gpuMemoryGib",
            f"how fast these GPUs are isn't known: no tokens per second are estimated; they are assumed to run"
            f" {'bf16' if card.bf16 else 'fp16'} and every kernel of the engine",
        )
    yield from _memory(path, nodes, catalog)
    yield from _labels(path, nodes, card, catalog, kubectl)
    if nodes.sharing is None and any(is_shared(name) for name in (nodes.gpu or "", nodes.selector.get(PRODUCT, ""))):
        yield warned(
            f"{path}.gpu",
            "these nodes offer each GPU several times (-SHARED), and each replica is planned on a whole one: two on the"
            " same GPU run out of its memory; turn time slicing or MPS off there, and count whole GPUs in"
            " gpusPerNode; or write sharing, and plan each on its part",
        )


def _memory(path: str, nodes: ExistingNodes, catalog: Catalog) -> Iterator[Finding]:
    known, gib = gpu_named(nodes.gpu or "", catalog.gpus), nodes.gpu_memory_gib
    if known is not None and gib is not None and not _same(known, gib):
        yield warned(
            f"{path}.gpuMemoryGib",
            f"{gib:g} GiB are planned with, and an engine sees {known.engine_gib:g} of {known.name};"
            " leave gpuMemoryGib out if it is that card",
        )


def _labels(path: str, nodes: ExistingNodes, card: Gpu, catalog: Catalog, kubectl: str) -> Iterator[Finding]:
    """A label that names another card: nodes of that card are selected, or none at all. A rule refuses this of NVIDIA's
    own label where the card is known."""
    for name, value in nodes.selector.items():
        text = name.rpartition("/")[2] if value in _SET else value
        named = gpus_named(text, catalog.gpus)
        if card.slice or not named or _is_kind(text, card) or any(_alike(card, each) for each in named):
            continue
        size = f" ({named[0].engine_gib:.0f} GiB)" if len(named) == 1 and named[0].engine_gib else ""
        other = " or ".join(each.name for each in named)
        gib = f" ({card.engine_gib:.0f} GiB)" if card.engine_gib else ""
        label = f"{name}={value}" if value else name
        yield warned(
            f"{path}.selector",
            f"{label} names {other}{size}, and the plan counts with {card.name}{gib}: correct gpu or the selector;"
            f" `{kubectl} get nodes -l {label} -L {PRODUCT}` shows which card these nodes have",
        )


def _is_kind(text: str, card: Gpu) -> bool:
    """Whether it is the word that all cards of the kind have in their names: h100, of an H100-NVL too."""
    return text.lower().removeprefix("nvidia-") == card.name.partition("-")[0].lower()


def _alike(card: Gpu, named: Gpu) -> bool:
    """Whether they may be the same card: by name, or by its memory where the stack file has another name for it."""
    return card.name == named.name or (card.source == OWN_MEMORY and _same(named, card.engine_gib))
