"""Creates what takes the spans of requests."""

import pulumi

from components.chart import Chart
from components.gateway_proxy import LABELS
from components.model_server import MODEL_PODS
from components.traces import Receiver, Traces
from infra.config_keys import NAMESPACE
from infra.plan.plan import Plan
from infra.services.service import Made
from infra.services.tracing.config import CPU, HEALTH_PORT, MEMORY_MIB, configuration, health_path, variable
from infra.services.tracing.plan import PORT, UI_PORT, TracingPlan

_JAEGER, _COLLECTOR = "cmd/jaeger/jaeger-linux", "otelcol-k8s"  # where the images have their program


def make_traces(plan: Plan, tracing: TracingPlan, made: Made) -> None:
    to, repository = tracing.to, tracing.image.rpartition(":")
    config = pulumi.Config(NAMESPACE)
    headers = {variable(nth): secret for nth, secret in enumerate(to.headers.values())} if to is not None else {}
    receiver = Receiver(
        image=(repository[0], repository[2]),
        program=_COLLECTOR if to is not None else _JAEGER,
        configuration=configuration(tracing),
        environment={name: config.require_secret(secret) for name, secret in headers.items()},
        port=PORT,
        ui_port=UI_PORT if to is None else None,
        health=(HEALTH_PORT, health_path(tracing)),
        cpu=CPU,
        memory_mib=MEMORY_MIB,
        senders=(LABELS, MODEL_PODS),
        sends_to=(to.port, to.namespace, to.cidrs) if to is not None else None,
    )
    Traces(
        "traces",
        chart=Chart(tracing.chart, tracing.repo, tracing.version, plan.settings.namespace.name),
        mirror=plan.settings.mirror.charts,
        receiver=receiver,
        depends_on=list(made.after),
        opts=made.opts,
    )
