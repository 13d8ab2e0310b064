"""What to write for a `like` that isn't known: a model of its shape, never another size of it."""

from collections.abc import Mapping
from operator import attrgetter

from infra.catalog import ModelShape
from infra.services.serving.names_meant import meant, other_sizes, same_size

_SAMPLE = "Qwen/Qwen3-8B"
_DESCRIBED = "instead of like, write architecture: its config.json"
_SHAPE = attrgetter(
    *("params_b", "layers", "hidden_size", "intermediate_size", "attention_heads", "kv_heads"),
    *("vocab_size", "max_context", "architecture"),
)


def like_meant(name: str, known: Mapping[str, ModelShape]) -> str:
    if "/" not in name:
        return meant(name, known, _SAMPLE)
    read = f"run llm-platform model add {name}, which reads its own files; or, {_DESCRIBED}"
    others = other_sizes(name, known)
    if not others:
        return meant(name, known, "", read)
    found = _of_its_shape(name, others, known)
    return f"write {found[0]}, because {found[1]} has the shape of {found[2]}; or {read}" if found else read


def _of_its_shape(name: str, others: list[str], known: Mapping[str, ModelShape]) -> tuple[str, str, str] | None:
    """A known model of the size that the name says, and what speaks for it: two of one other size that are alike."""
    for base in same_size(name, known):
        pairs = [
            (mine, its)
            for mine in others
            for its in other_sizes(base, known)
            if its in same_size(mine, known) and its != mine
        ]
        if pairs and all(_SHAPE(known[mine]) == _SHAPE(known[its]) for mine, its in pairs):
            return base, *pairs[0]
    return None
