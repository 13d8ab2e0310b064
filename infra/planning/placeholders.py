"""Values that are reserved for documentation. The shipped stack files contain them, because they belong to nobody."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from infra.plan.alike import alike
from infra.plan.notes import Finding, Note, Step, ToDo
from infra.registry import cloud_of, clouds
from infra.settings.platform import Settings

# RFC 5737 and RFC 3849; RFC 2606 and RFC 6761.
_NETWORKS = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7})(?:/\d+)?(?![\w.])")
_DOMAIN = re.compile(r"(?<![\w-])(?:[\w-]+\.)*(?:example\.(?:com|net|org)|[\w-]+\.(?:example|invalid))(?![\w.-])")


def list_placeholders(settings: Settings) -> Iterator[Finding]:
    """A to-do for each setting that contains such a value."""
    stops = {note.path for note in unreachable(settings)}
    texts = _texts(settings.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    found = ((f"{text} is {what}", path) for path, text in texts if (what := _reserved(text)) is not None)
    for nth, (path, said) in enumerate(alike(found).items()):
        end = "; `pulumi up` stops until then" if path in stops else ""
        yield ToDo(path, f"write your own: {', '.join(said)}{end}", Step.PLACEHOLDERS, nth)


def unreachable(settings: Settings) -> tuple[Note, ...]:
    """Placeholders with which nobody could reach what `up` creates."""
    return tuple(cloud_of(settings).placeholders_that_stop(settings, _reserved))


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of the settings with its dotted path; the texts of a list have the path of the list."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}" if path else key)
    elif isinstance(value, str):
        yield path, value
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item, path)


def _reserved(text: str) -> str | None:
    """What a text is, if it is reserved for documentation; otherwise None."""
    if said := next(filter(None, (cloud.reserved(text) for cloud in clouds())), None):
        return said
    if any(_of_documentation(address) for address in _ADDRESS.findall(text)):
        return "an address reserved for documentation"
    return "a domain reserved for documentation" if _DOMAIN.search(text) else None


def _of_documentation(address: str) -> bool:
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return False
    return any(network.network_address in each and network.prefixlen >= each.prefixlen for each in _NETWORKS)
