"""Short ways to write the messages of Envoy's v3 API that its files consist of."""

import json
import re
from collections.abc import Iterable, Mapping

from infra.services.gateway.envoy.place import Place

Message = Mapping[str, object]

FROM_BODY = "gateway"  # where filters put what they read from bodies
MIB = 1_048_576
JSON_TYPE: Message = {"regex": r"(?i)application/json\s*(;.*)?"}  # a charset may follow
SECONDS = "{}s".format
FILTER = "extensions.filters.http.{}.v3.{}".format
MANY = 100_000  # not a limit: those are the requests of each client, and memory


def typed(kind: str, **fields: object) -> Message:
    """A message whose type Envoy has to be given. `kind`: behind `envoy.`."""
    return {"@type": f"type.googleapis.com/envoy.{kind}", **fields}


def extension(name: str, kind: str, **fields: object) -> Message:
    return {"name": f"envoy.{name}", "typed_config": typed(kind, **fields)}


def resources(found: Iterable[Message]) -> str:
    """A file that Envoy reads again when it changes. Without spaces: a ConfigMap holds 1 MiB."""
    return text({"resources": list(found)})


def text(message: Message) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)


def file_source(place: Place, name: str) -> Message:
    return {
        "resource_api_version": "V3",
        "path_config_source": {"path": place.path(name), "watched_directory": {"path": place.folder}},
    }


def header(name: str, value: str) -> Message:
    """A header that replaces what a caller or a server sent under this name."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def is_(value: str) -> Message:
    return {"string_match": {"exact": value}}


POST: Message = {"name": ":method", **is_("POST")}
# Empty, or with a user's name: the tiers speak HTTP/2 with each other, which has neither.
NO_HOST: Message = {"name": ":authority", "string_match": {"safe_regex": {"regex": "(.*@.*)?"}}}
NOT_POST: Message = {**POST, "invert_match": True}


def one_of(values: Iterable[str]) -> Message:
    """Of one value: that value. Of no value there is no such match, so no route may be made of it."""
    matches = [is_(value) for value in values]
    return matches[0] if len(matches) == 1 else {"or_match": {"value_matchers": matches}}


def socket(address: str, port: int) -> Message:
    return {"socket_address": {"address": address, "port_value": port}}


def at(name: str, address: Message) -> Message:
    """Where the servers of the cluster of this name are."""
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}]}


def any_of(paths: Iterable[str]) -> Message:
    """A request for one of these paths, whatever stands behind `?`."""
    return {"safe_regex": {"regex": "|".join(re.escape(path) for path in sorted(paths))}}


def from_body(name: str, value: Message) -> Message:
    """What a filter read out of the body."""
    return {"filter": FROM_BODY, "path": [{"key": name}], "value": value}


def circuit_breakers(max_requests: int, max_retries: int, **more: object) -> Message:
    """What one Envoy sends to a cluster at once; `more` are other fields of the thresholds."""
    limits = {
        "max_requests": max_requests,
        "max_connections": MANY,
        "max_pending_requests": MANY,
        "max_retries": max_retries,
        **more,
    }
    return {"thresholds": [limits]}


def by_dns(seconds: int) -> Message:
    """A cluster with one endpoint per address of a name, read again after `seconds` whatever its time to live is."""
    return extension(
        "clusters.dns",
        "extensions.clusters.dns.v3.DnsCluster",
        dns_refresh_rate=SECONDS(seconds),
        dns_failure_refresh_rate={"base_interval": "1s", "max_interval": SECONDS(seconds)},
    )
