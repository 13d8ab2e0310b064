"""Keys that the stack gives as secrets. `up` looks at their values, and says what is wrong without showing one."""

from collections.abc import Iterator, Mapping

from infra.config_keys import HUGGING_FACE_TOKEN, client_of, config_key

SHORTEST = 16  # characters of a client's key: about 95 bits where they are random letters and digits


def wrong_secrets(values: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the values of secrets, by their names, and the command that sets each again."""
    for name, value in sorted(values.items()):
        if not value or any(letter.isspace() for letter in value):
            # A secret that was set from a file can end with a line break, and no HTTP header may hold one.
            yield (
                f"{name} is empty, or has a space or a line break in it (value not shown); set it again:\n"
                f"  tr -d '[:space:]' < FILE | {_set(name)}"
            )
        elif client_of(name) and not (value.isascii() and value.isprintable()):
            yield f"{name} has letters that no HTTP header may hold (value not shown); set it again:\n  {_set(name)}"
        elif client_of(name) and len(value) < SHORTEST:
            yield f"{name} has fewer than {SHORTEST} characters (value not shown); set it again:\n  {_set(name)}"
    yield from _twice(values)


def _twice(values: Mapping[str, str]) -> Iterator[str]:
    """A request with such a key would be counted for one of them, and nobody could revoke the other's alone."""
    names: dict[str, list[str]] = {}
    for name, value in sorted(values.items()):
        if name != HUGGING_FACE_TOKEN:
            names.setdefault(value, []).append(name)
    for first, *others in names.values():
        if others:
            yield f"{', '.join((first, *others))} are the same (value not shown); set another:\n  {_set(others[-1])}"


def _set(name: str) -> str:
    return f"pulumi config set --secret {config_key(name)}"
