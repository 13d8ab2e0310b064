"""Creates the gateway inside the cluster, and the Ingress by which callers outside reach it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import pulumi

from components.gateway import Gateway, nginx_annotations, router_annotations
from components.gateway_load_balancer import GatewayLoadBalancer
from components.gateway_pod import BOOTSTRAP, ProxyPod, TlsPort
from components.gateway_proxy import GATEWAY, LABELS, SERVICE_PORT, GatewayProxy, Reach
from components.model_server import MODEL_PODS, ModelServer
from components.token_limits import LABELS as TOKEN_LABELS
from components.token_limits import TokenLimits, TokenPod
from components.traces import LABELS as SPANS
from infra.clouds.existing.distributions import OPENSHIFT_ROUTER
from infra.clouds.site import Site
from infra.plan.gateway import TrafficPlan
from infra.plan.labels import CLIENT_LABEL
from infra.plan.plan import Plan
from infra.services.gateway.controllers import INTERNAL, NGINX
from infra.services.gateway.envoy.bootstrap import CLIENTS
from infra.services.gateway.envoy.clients import clients_file
from infra.services.gateway.envoy.external import external_file, file_of
from infra.services.gateway.envoy.files import arguments, files
from infra.services.gateway.envoy.place import Place, in_pod
from infra.services.gateway.parts import PARTS, in_parts
from infra.services.gateway.times import CPU, LATER, THREADS, ends_after
from infra.services.gateway.token_limits import CPU as TOKEN_CPU
from infra.services.gateway.token_limits import (
    LIMITS_FILE,
    PASSWORD_ENV,
    SERVICE_MIB,
    STORE_MIB,
    environment,
    limits_file,
    store_arguments,
)

_EVERYBODY = ("0.0.0.0/0", "::/0")  # whom the load balancer lets in
_HEALTH_PATH, _METRICS_PATH = "/healthz", "/stats/prometheus"

Keys = Mapping[str, pulumi.Output[list[str]]]  # of each client


def make_proxy(
    plan: Plan,
    site: Site,
    servers: Iterable[ModelServer],
    keys: Keys,
    engine_key: pulumi.Output[str],
    provider_keys: Mapping[str, pulumi.Output[str]],
    after: Sequence[pulumi.Resource],
) -> GatewayProxy:
    """Envoy starts once it finds and reaches the models' pods, though these may not be ready: in a stack of version 1
    they are, and callers are sent here as soon as it is ready."""
    traffic, namespace = plan.traffic, plan.settings.namespace.name
    place = in_pod(namespace)
    texts = dict(files(traffic, place))
    bootstrap = texts.pop(BOOTSTRAP)
    return GatewayProxy(
        "gateway-proxy",
        namespace=namespace,
        bootstrap=bootstrap,
        parts=in_parts(texts),
        possible=PARTS,
        secret_files={CLIENTS: _clients(traffic, keys, engine_key), **_providers(traffic, provider_keys)},
        pod=_pod(traffic, place),
        replicas=traffic.replicas,
        scaled=traffic.scaling,
        vertical=traffic.vertical,
        reach=_reach(plan, site),
        monitor_labels=plan.monitoring.labels if plan.monitoring else None,
        depends_on=[*after, *site.ready, *site.operators],
        pods_wait_for=[each for server in servers for each in server.reachable],
        opts=site.opts,
    )


def _clients(traffic: TrafficPlan, keys: Keys, engine_key: pulumi.Output[str]) -> pulumi.Output[str]:
    names = sorted(keys)
    known = pulumi.Output.all(engine_key, *(keys[name] for name in names))
    return pulumi.Output.secret(
        known.apply(lambda found: clients_file(traffic, dict(zip(names, found[1:], strict=True)), found[0]))
    )


def _providers(traffic: TrafficPlan, keys: Mapping[str, pulumi.Output[str]]) -> Mapping[str, pulumi.Output[str]]:
    """The file of each external: it has its provider's key."""
    return {
        file_of(name): pulumi.Output.secret(keys[name].apply(partial(external_file, traffic, external)))
        for name, external in traffic.externals.items()
    }


def _pod(traffic: TrafficPlan, place: Place) -> ProxyPod:
    sleep, grace = ends_after(traffic)
    return ProxyPod(
        image=traffic.image,
        arguments=(*arguments(traffic, place), "--concurrency", str(THREADS)),
        folder=place.folder,
        port=place.port,
        metrics_port=place.metrics_port,
        metrics_path=_METRICS_PATH,
        health_path=_HEALTH_PATH,
        cpu=CPU,
        memory_mib=place.memory_mib,
        pre_stop_seconds=sleep,
        grace_seconds=grace,
        tls=TlsPort(place.tls_port, place.tls_folder, traffic.tls_secret) if traffic.tls_secret else None,
    )


def _reach(plan: Plan, site: Site) -> Reach:
    gateway, counter = plan.gateway, plan.traffic.token_limits
    outside = gateway is not None and gateway.controller.outside
    return Reach(
        CLIENT_LABEL,
        models=MODEL_PODS,
        model_ports=sorted({each.port for each in plan.traffic.servers}),
        elsewhere=sorted({(each.port, each.cidrs) for each in plan.traffic.externals.values()}),
        outside_cidrs=site.load_balancer_cidrs if outside else (),
        outside_namespace=gateway.namespace if gateway is not None and not outside else None,
        outside_labels=gateway.controller.sends_from if gateway is not None else {},
        tls_cidrs=plan.settings.gateway.inbound_cidrs or _EVERYBODY if plan.settings.gateway else (),
        monitoring_namespace=plan.monitoring.namespace if plan.monitoring else None,
        custom_namespaces=sorted({each.namespace for each in plan.traffic.custom.values()}),
        counter=(TOKEN_LABELS, counter.port) if counter is not None else None,
        spans=(SPANS, plan.traffic.traces.port) if plan.traffic.traces is not None else None,
    )


def make_token_limits(plan: Plan, site: Site, after: Sequence[pulumi.Resource]) -> None:
    """What counts tokens per minute, where a client has such a limit."""
    limits = plan.traffic.token_limits
    if limits is None:
        return
    folder, store, shared = "/data/tokens", "/etc/store", "/run/store"
    socket = f"{shared}/store.sock"
    pod = TokenPod(
        image=limits.image,
        environment=environment(folder, socket, limits.port),
        password_variable=PASSWORD_ENV,
        port=limits.port,
        folder=folder,
        memory_mib=SERVICE_MIB,
        store_image=limits.store_image,
        store_command=("valkey-server", *store_arguments(f"{store}/store.conf", socket)),
        store_folder=store,
        store_memory_mib=STORE_MIB,
        shared_folder=shared,
        cpu=TOKEN_CPU,
    )
    TokenLimits(
        "token-limits",
        namespace=plan.settings.namespace.name,
        texts={LIMITS_FILE: limits_file(plan.traffic)},
        pod=pod,
        callers=LABELS,
        depends_on=[*after, *site.ready],
        opts=site.opts,
    )


Entrance = Gateway | GatewayLoadBalancer


def make_gateway(plan: Plan, site: Site, proxy: GatewayProxy, servers: Iterable[ModelServer]) -> Entrance | None:
    """One Ingress for the domain, and for the host that each model had in version 1, or a load balancer: callers are
    led to the gateway once all engines accept the key that it sends."""
    gateway, settings = plan.gateway, plan.settings.gateway
    if gateway is None or settings is None:
        return None
    engines = (each.deployment for each in servers)
    after = [*site.ready, *site.operators, *engines, proxy.service, proxy.deployment]
    if gateway.ingress_class is None:
        return GatewayLoadBalancer(
            "gateway-outside",
            namespace=plan.settings.namespace.name,
            object_name=f"{GATEWAY}-outside",
            pods=LABELS,
            cidrs=settings.inbound_cidrs,
            annotations={**(INTERNAL if gateway.visibility == "internal" else {}), **settings.annotations},
            depends_on=after,
            opts=site.opts,
        )
    return Gateway(
        GATEWAY,
        namespace=plan.settings.namespace.name,
        hosts=[gateway.domain, *(f"{name}.{gateway.domain}" for name in sorted(plan.named))],
        service=GATEWAY,
        port=SERVICE_PORT,
        ingress_class=gateway.ingress_class,
        reports_address=gateway.controller.reports_address,
        tls_secret=settings.tls_secret,
        of_controller=_annotations(plan, site),
        annotations=settings.annotations,
        depends_on=after,
        opts=site.opts,
    )


def _annotations(plan: Plan, site: Site) -> Mapping[str, pulumi.Input[str]]:
    """By which the gateway's controller knows timeouts and health check."""
    assert plan.gateway is not None
    if plan.gateway.controller == OPENSHIFT_ROUTER:
        encrypted = plan.settings.gateway is not None and plan.settings.gateway.tls_secret is not None
        return router_annotations(plan.traffic.silence_seconds + LATER, encrypted=encrypted)
    if plan.gateway.controller.name == NGINX.name:
        return nginx_annotations(plan.traffic.silence_seconds + LATER)
    return site.annotations(plan, _HEALTH_PATH) if plan.gateway.controller.outside else {}


def add_addresses(servers: Iterable[ModelServer], proxy: GatewayProxy, gateway: Entrance | None) -> None:
    """The address that each model had in version 1 leads to the gateway, once callers from outside are led there."""
    for server in servers:
        server.add_address(
            answered_by=LABELS, depends_on=[proxy.deployment, *([gateway.entrance] if gateway is not None else [])]
        )
