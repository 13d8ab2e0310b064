"""The page's example: three incidents, each named with its cause."""

import re
from pathlib import Path
from typing import get_args

from infra.cli.status import lines
from infra.clouds.aws.cloud import AWS
from infra.engines import ENGINES
from infra.engines.last_words import OF_ANY
from infra.status.findings import FirstToken, State, Status
from tests.status.cluster import PROD, of, pending, status
from tests.status.recorded import (
    autoscaler_status,
    condition,
    container,
    deployment,
    event,
    pod,
    scaled_object,
    waiting,
)

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs/platform/status.md"
_NO_NODE = "0/5 nodes are available: 5 node(s) didn't match Pod's node affinity/selector."
_IMAGE = "docker.io/ollama/ollama:0.99"
_NOT_FOUND = f'Failed to pull image "{_IMAGE}": rpc error: code = NotFound desc = {_IMAGE}: not found'
_NO_MORE = "AWS cannot provision any more instances for this node group"
_AWAY = "prometheus query api returned error. status: 503 response: Service Unavailable"


def three_incidents() -> Status:
    new = pod("helper", container(state=waiting("ImagePullBackOff")), minutes=14)
    scaler = scaled_object("llama-8b", condition("Ready", "True"), condition("Fallback", "True", "FallbackExists"))
    return status(
        PROD,
        deployment("helper", 1, 1),
        pod("helper", container(ready=True), name="helper-6f7a8b9c0-abcde"),
        new,
        event(new, "Failed", _NOT_FOUND),
        deployment("llama-70b", 1, 0),
        pending("llama-70b", _NO_NODE, minutes=31),
        autoscaler_status("eks-l40s-1ac9b1f1", "placeholder-cannot-be-fulfilled", _NO_MORE),
        scaled_object("llama-70b", condition("Ready", "True")),
        deployment("llama-8b", 1, 1),
        scaler,
        event(scaler, "KEDAScalerFailed", _AWAY, "keda-operator"),
        deployment("gateway", 2, 2),
        first_tokens={"llama-8b": FirstToken(0.71, 2.0, promised=False)},
    )


def test_each_incident_is_named() -> None:
    found = three_incidents()
    kinds = {each.name: [cause.kind for cause in each.causes] for each in found.all}
    assert kinds == {"helper": ["image"], "llama-70b": ["no-node"], "llama-8b": ["scaler-fallback"], "gateway": []}
    assert of("llama-70b", found).late
    assert [each.wrong for each in found.all] == [True, True, True, False]


def test_the_page_shows_what_is_printed() -> None:
    printed = "\n".join(lines(three_incidents(), PROD, 120, whole=False))
    assert f"```text\n{printed}\n```" in PAGE.read_text(encoding="utf-8"), printed


def test_the_page_names_each_state_and_each_kind_of_cause() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sources = "".join(each.read_text(encoding="utf-8") for each in (REPOSITORY / "infra/status").rglob("*.py"))
    words = [each.kind for engine in ENGINES.values() for each in (*engine.last_words, *OF_ANY)]
    kinds = {*re.findall(r'Cause\(\s*"([a-z-]+)"', sources), *words, *AWS.no_node_words.values(), "no-node"}
    named = [*get_args(State), *kinds, "evicted"]
    assert [each for each in named if f"`{each}`" not in text] == []
