"""What one request takes of the KV cache on each GPU, with the blocks in which an engine gives it out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from infra.catalog import ModelShape
from infra.sizing.kv_cache import PAGES, Layers, Pages, kv_bytes_per_token, layers_of

# A state takes a block as large as this number of tokens in a full layer where the files don't say its size: logs of
# Qwen3-Next, Qwen3.5 and Nemotron-H say 528 to 1,584.
STATE_TOKENS = 1600
# Where one kind has at most this many times the layers of the other, the smaller kind is padded to the larger one.
PADDED_BELOW = 1.5


@dataclass(frozen=True)
class Kind:
    """Layers that keep the same of a request, in blocks of a number of tokens."""

    layers: int
    token_bytes: float  # of one layer
    block: int
    tokens: int  # that are kept
    more: int = 0  # blocks beside those of the tokens

    @property
    def blocks(self) -> int:
        return _up(self.tokens, self.block) + self.more

    @property
    def block_bytes(self) -> float:
        return self.block * self.token_bytes


def request_bytes(
    shape: ModelShape, gpus: int, element_bytes: int, length: int, batched_tokens: int, pages: Pages = PAGES
) -> float | None:
    """Bytes that a request of `length` tokens takes on each GPU. None where the shape isn't known."""
    full = kv_bytes_per_token(shape, gpus, element_bytes, pages)
    if full is None:
        return None
    layers = layers_of(shape, pages)
    window = (kv_bytes_per_token(shape, gpus, element_bytes, pages, windowed=True) or 0.0) if layers.windowed else 0.0
    held = held_by_window(shape, length, batched_tokens, pages)
    compressed = shape.attention == "hybrid" and layers.windowed  # its layers are counted by what they keep together
    if pages.block is None or compressed:
        states = layers.states * STATE_TOKENS * full / layers.full if layers.full else 0.0
        return full * length + window * held + states
    return _grouped(list(_kinds(shape, gpus, layers, full, window, (length, held), pages)))


def held_by_window(shape: ModelShape, length: int, batched_tokens: int, pages: Pages) -> int:
    """The tokens that a window holds: those before the next one, and all that are under way."""
    return min(length, (shape.sliding_window or 1) - 1 + pages.batches * batched_tokens)


def state_tokens(shape: ModelShape, gpus: int, token_bytes: float, pages: Pages) -> int:
    """The tokens of a full layer's block, which is made as large as a state, in multiples of the smallest block."""
    if shape.state_bytes is None or not token_bytes:
        return STATE_TOKENS
    step = max(pages.block or 1, pages.state_every or 1)
    return max(1, _up(shape.state_bytes / gpus, step * token_bytes)) * step


def _kinds(
    shape: ModelShape, gpus: int, layers: Layers, full: float, window: float, tokens: tuple[int, int], pages: Pages
) -> Iterator[Kind]:
    block = pages.block or 1
    length, held = tokens
    of_full = full / layers.full if layers.full else 0.0
    if layers.states:
        block = state_tokens(shape, gpus, of_full, pages)
        states = pages.states if pages.state_every is None else pages.states - 1 + _up(length, block)
        yield Kind(layers.states, of_full, block, 0, states)
    if layers.windowed:
        yield Kind(layers.windowed, window / layers.windowed, block, held, 1)  # a window may begin within a block
    if layers.full:
        yield Kind(layers.full, of_full, block, length)


def _grouped(kinds: list[Kind]) -> float:
    """Groups of equally many layers take blocks of the same size from one pool. A kind with more layers has more
    groups; the last one may be padded."""
    page = max(each.block_bytes for each in kinds)
    fewer, more = (choose(each.layers for each in kinds) for choose in (min, max))
    size = more if more < PADDED_BELOW * fewer else fewer
    return size * page * sum(_up(each.layers, size) * _as_large(each, page).blocks for each in kinds)


def _as_large(kind: Kind, page: float) -> Kind:
    """A smaller block takes more tokens until it is as large as the largest one, where that is a multiple of it."""
    times = page / kind.block_bytes
    return replace(kind, block=kind.block * int(times)) if times.is_integer() else kind


def _up(number: float, step: float) -> int:
    return int(-(-number // step))
