"""All files of an Envoy but those with keys."""

from collections.abc import Iterator, Mapping

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.bootstrap import CLUSTERS, LISTENERS, bootstrap
from infra.services.gateway.envoy.clusters import clusters
from infra.services.gateway.envoy.custom import custom_clusters
from infra.services.gateway.envoy.external import external_clusters, external_listener
from infra.services.gateway.envoy.fallback import fallback_clusters, own_file_of, own_listener, with_fallback
from infra.services.gateway.envoy.listeners import file_of, listener
from infra.services.gateway.envoy.messages import Message, resources
from infra.services.gateway.envoy.models import models_file, own_file
from infra.services.gateway.envoy.permissions import permissions
from infra.services.gateway.envoy.place import Place
from infra.services.gateway.envoy.tls import FILE, certificate_file

BOOTSTRAP = "bootstrap.json"


def files(traffic: TrafficPlan, place: Place) -> Mapping[str, str]:
    """By name, what has to lie in the folder of the place beside the files with keys, `clients.json` and one for each
    external. Envoy is started with BOOTSTRAP and reads the others again when they change."""
    return dict(_files(traffic, place))


def arguments(traffic: TrafficPlan, place: Place) -> tuple[str, ...]:
    """Of the program. Where a file changes a listener, the streams of the old one may take as long as any request."""
    start = ("-c", place.path(BOOTSTRAP), "--disable-hot-restart")
    return (*start, "--drain-time-s", str(traffic.longest_seconds), "--log-level", "warning")


def _files(traffic: TrafficPlan, place: Place) -> Iterator[tuple[str, str]]:
    yield BOOTSTRAP, bootstrap(traffic, place)
    if traffic.tls_secret is not None:
        yield FILE, certificate_file(place)
    yield CLUSTERS, resources(_clusters(traffic, place))
    yield LISTENERS, resources(_listeners(traffic, place))
    for each in permissions(traffic):
        yield file_of(each.name), models_file(traffic, each)
    for upstream in with_fallback(traffic):
        yield own_file_of(upstream.model), own_file(traffic, upstream)


def _clusters(traffic: TrafficPlan, place: Place) -> Iterator[Message]:
    yield from clusters(traffic)
    yield from external_clusters(traffic, place)
    yield from fallback_clusters(traffic)
    yield from custom_clusters(traffic)


def _listeners(traffic: TrafficPlan, place: Place) -> Iterator[Message]:
    yield from (listener(traffic, place, each) for each in permissions(traffic))
    yield from (own_listener(traffic, place, each) for each in with_fallback(traffic))
    yield from (external_listener(traffic, place, each) for _, each in sorted(traffic.externals.items()))
