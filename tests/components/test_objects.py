"""Every object of these components is valid in the oldest and newest Kubernetes that a stack may name."""

from collections.abc import Callable
from dataclasses import replace

import jsonschema
import pytest

from components.gateway import nginx_annotations
from components.gateway_proxy import Reach
from infra.engines import ENGINES
from infra.engines.model import EngineModel
from infra.recording import Recording
from tests.components.examples import CHAT, server
from tests.components.test_endpoints import endpoints
from tests.components.test_gateway import CERTIFICATE, alb, gateway
from tests.components.test_gateway_proxy import proxy
from tests.components.test_model_cache import EBS, cache
from tests.components.test_model_scaler import SCALED_OBJECT, scaler
from tests.components.test_prefetch import prefetch
from tests.components.test_token_pod import token_limits
from tests.kubernetes_schema import check, objects

RECORDINGS = {
    **{f"server-{name}": lambda name=name: server(engine=name, disruption_budget=True) for name in ENGINES},
    **{f"prefetch-{name}": lambda name=name: prefetch(engine=name) for name in ENGINES},
    "server-scaled": lambda: server(served=replace(CHAT, gpus=4), scaled=True),
    "cache-default": lambda: cache(hub_token="hf_x"),
    "cache-efs": lambda: cache(efs=True),
    "cache-ebs": lambda: cache(volume=EBS, access_mode="ReadWriteOnce"),
    "scaler": scaler,
    "scaler-paused": lambda: scaler(engine="tgi", paused=True),
    "endpoints": endpoints,
    "gateway-alb": lambda: gateway(alb(certificate_arn=CERTIFICATE)),
    "gateway-nginx": lambda: gateway(nginx_annotations(300), tls_secret="llm-tls"),
    "gateway-other": lambda: gateway({}, reports_address=False),
    "proxy": proxy,
    "token-limits": token_limits,
    "proxy-alone": lambda: proxy(monitor_labels=None, reach=Reach("llm-platform/client", {"a": "b"}, [8000])),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_object_is_valid_in_the_oldest_and_the_newest_version(name):
    recording: Recording = RECORDINGS[name]()
    assert objects(recording) != []
    for version in ("1.33", "1.36"):
        for made in objects(recording):
            check(made.inputs, version)


def test_every_object_names_its_namespace_unless_it_has_none():
    cluster_wide = {"Namespace", "PersistentVolume", "StorageClass"}
    for recording in (made() for made in RECORDINGS.values()):
        for made in objects(recording):
            expected = None if made.inputs["kind"] in cluster_wide else "llm"
            assert made.inputs["metadata"].get("namespace") == expected, made.urn


def test_no_two_objects_share_a_name_even_if_one_model_is_called_like_anothers_job():
    models = ("x", "x-prefetch", "x-api-key", "x-server")
    recordings = [run() for m in models for run in _all_of(replace(CHAT, name=m))]
    made = [
        r for recording in recordings for r in objects(recording) if "EngineKeys" not in r.urn
    ]  # one for all models
    names = [(r.type, r.inputs["metadata"]["name"]) for r in made]
    assert len(names) == len(set(names))


def _all_of(served: EngineModel) -> list[Callable[[], Recording]]:
    return [lambda: server(served=served, disruption_budget=True), lambda: prefetch(served=served)]


def test_the_check_refuses_a_field_that_a_custom_resource_does_not_have():
    (scaled_object,) = scaler().of(SCALED_OBJECT)
    inputs = {**scaled_object.inputs, "spec": {**scaled_object.inputs["spec"], "minReplicas": 1}}
    with pytest.raises(jsonschema.ValidationError, match="minReplicas"):
        check(inputs, "1.35")
