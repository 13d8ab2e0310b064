"""Risks of the platform: a GPU that is broken, a volume that fills up, a certificate that ends."""

from collections.abc import Iterator

from infra.plan.plan import Plan
from infra.services.monitoring.alerts.alert import Alert, LeftOut, Severity
from infra.services.monitoring.alerts.kinds import Kind
from infra.services.monitoring.sources import CERT_MANAGER, KUBELET, lacks, lacks_gpus, reads_gpus, sources_of

# Errors that programs cause, which NVIDIA's device plugin ignores too (0.20.0, internal/rm/health.go).
_OF_PROGRAMS = (13, 31, 43, 45, 68, 109)
_CLAIM = "model-cache"
_FULL = 0.9
_FULL_MINUTES = 15
_DAYS: tuple[tuple[int, Severity], ...] = ((14, "warning"), (3, "critical"))
_CERTIFICATE_MINUTES = 60
_DAY = 86_400


def platform(plan: Plan) -> Iterator[Alert | LeftOut]:
    yield _gpu(plan)
    yield _cache(plan)
    yield from _certificate(plan)


def _gpu(plan: Plan) -> Alert | LeftOut:
    if not plan.pools:
        return LeftOut(Kind.GPU_ERROR, "no model runs on a GPU")
    if not reads_gpus(plan):
        return LeftOut(Kind.GPU_ERROR, lacks_gpus(plan))
    others = "".join(f" != {each}" for each in _OF_PROGRAMS)
    return Alert(
        Kind.GPU_ERROR,
        f"max by (Hostname, gpu, modelName) (DCGM_FI_DEV_XID_ERRORS > 0{others})",
        1,
        "GPU {{ $labels.gpu }} ({{ $labels.modelName }}) of {{ $labels.Hostname }} reported XID {{ $value }}",
        "Drain the node and have it replaced: the page says how, and which XIDs pass by themselves.",
    )


def _cache(plan: Plan) -> Alert | LeftOut:
    cache = plan.cache
    if not cache.size_gib:
        return LeftOut(Kind.CACHE_NEARLY_FULL, "nothing is stored on a volume")
    if cache.storage is not None and cache.storage.size_gib is not None:
        return LeftOut(Kind.CACHE_NEARLY_FULL, f"{cache.storage.said} has no size that could be too small")
    if KUBELET not in sources_of(plan):
        return LeftOut(Kind.CACHE_NEARLY_FULL, lacks(KUBELET))
    of = f'{{namespace="{plan.settings.namespace.name}",persistentvolumeclaim="{_CLAIM}"}}'
    return Alert(
        Kind.CACHE_NEARLY_FULL,
        f"max(kubelet_volume_stats_used_bytes{of} / kubelet_volume_stats_capacity_bytes{of}) > {_FULL}",
        _FULL_MINUTES,
        "the volume with the weights is {{ $value | humanizePercentage }} full: the next model or revision may not"
        " find room",
        "Raise cache.size, or remove weights that nobody uses any more.",
    )


def _certificate(plan: Plan) -> Iterator[Alert | LeftOut]:
    left = _days_left(plan)
    if isinstance(left, LeftOut):
        yield left
        return
    for days, severity in _DAYS:
        yield Alert(
            Kind.CERTIFICATE_ENDS,
            f"{left} < {days}",
            _CERTIFICATE_MINUTES,
            "the certificate of the gateway ends in {{ $value | humanize }} days; callers then refuse the connection",
            "Find out why it wasn't renewed.",
            severity,
        )


def _days_left(plan: Plan) -> str | LeftOut:
    """Envoy knows its own certificate; it counts the authorities of hosted models too, some of which end soon."""
    gateway, namespace = plan.settings.gateway, plan.settings.namespace.name
    if gateway is None or (gateway.certificate_arn is None and gateway.tls_secret is None):
        return LeftOut(Kind.CERTIFICATE_ENDS, "the gateway has no certificate")
    if gateway.certificate_arn is not None:
        return LeftOut(
            Kind.CERTIFICATE_ENDS, "ACM renews the gateway's certificate by itself, and says so in CloudWatch"
        )
    if plan.traffic.tls_secret is not None and not plan.traffic.externals:
        return f'min(envoy_server_days_until_first_cert_expiring{{namespace="{namespace}"}})'
    if CERT_MANAGER not in sources_of(plan):
        return LeftOut(Kind.CERTIFICATE_ENDS, lacks(CERT_MANAGER))
    ends = "certmanager_certificate_expiration_timestamp_seconds"
    of = f'{ends}{{exported_namespace="{namespace}"}} or {ends}{{namespace="{namespace}"}}'
    return f"(min({of}) - time()) / {_DAY}"
