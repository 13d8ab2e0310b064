"""Addresses that never leave a private network."""

from collections.abc import Iterable
from ipaddress import IPv4Network

# RFC 1918, RFC 6598 (carriers' and large companies' own), link-local and loopback.
_PRIVATE = tuple(
    map(
        IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
    )
)


def private(cidrs: Iterable[str]) -> list[str]:
    return [cidr for cidr in cidrs if any(IPv4Network(cidr).subnet_of(each) for each in _PRIVATE)]
