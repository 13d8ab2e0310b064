"""TLS in Envoy itself, where no controller of Ingresses is in front. The certificate is read again when its Secret
changes: new connections get the new one, and those that are open go on."""

from infra.plan.gateway import TrafficPlan
from infra.services.gateway.envoy.connections import first_tier
from infra.services.gateway.envoy.messages import Message, extension, file_source, resources, socket, typed
from infra.services.gateway.envoy.place import Place

FILE, _NAME = "tls.json", "server"
_SECRET = "extensions.transport_sockets.tls.v3.Secret"
_CONTEXT = "extensions.transport_sockets.tls.v3.DownstreamTlsContext"
_HANDSHAKE = "10s"  # a caller that doesn't finish it by then loses its connection


def certificate_file(place: Place) -> str:
    """Where the certificate is, in the two files that a Secret of the type kubernetes.io/tls has."""
    certificate = {
        "certificate_chain": {"filename": place.tls_path("tls.crt")},
        "private_key": {"filename": place.tls_path("tls.key")},
        "watched_directory": {"path": place.tls_folder},
    }
    return resources([typed(_SECRET, name=_NAME, tls_certificate=certificate)])


def tls_listener(traffic: TrafficPlan, place: Place, routes: Message) -> Message:
    """As the one without TLS, on another port."""
    context = extension(
        "transport_sockets.tls",
        _CONTEXT,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_certificate_sds_secret_configs": [{"name": _NAME, "sds_config": file_source(place, FILE)}],
        },
    )
    chain = {
        "filters": [first_tier(traffic, place, routes)],
        "transport_socket": context,
        "transport_socket_connect_timeout": _HANDSHAKE,
    }
    return {
        "name": "clients-tls",
        "address": socket(place.address, place.tls_port),
        "per_connection_buffer_limit_bytes": 65_536,
        "filter_chains": [chain],
    }
