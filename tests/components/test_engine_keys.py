"""The keys that engines accept: random, secret, one of them sent."""

import json

import pulumi
import pytest

from components.engine_keys import EngineKeys
from infra.recording import Recording
from tests.components.examples import run

RANDOM = "random:index/randomPassword:RandomPassword"


def made(numbers: tuple[int, ...], also: str | None = None) -> Recording:
    files = {"all.json": json.dumps}

    def program(opts: pulumi.ResourceOptions) -> None:
        keys = EngineKeys("engine-keys", namespace="llm", numbers=numbers, also=also, files=files, opts=opts)
        pulumi.export("sent", keys.sent)

    return run(program)


def test_each_number_is_a_random_key_whatever_their_order() -> None:
    one, two, turned = (made(numbers) for numbers in ((1,), (1, 2), (2, 1)))
    urns = [{each.urn for each in recording.of(RANDOM)} for recording in (one, two, turned)]
    assert urns[0] < urns[1] == urns[2]


@pytest.mark.parametrize("also", [None, "top-secret"])
def test_keys_are_secrets_and_shown_nowhere(also: str | None) -> None:
    recording = made((2, 1), also)
    (secret,) = recording.of("kubernetes:core/v1:Secret")
    assert secret.inputs["metadata"] == {"name": "engine-keys", "namespace": "llm"}
    assert secret.inputs["stringData"] == {"api-key": "[secret]", "all.json": "[secret]"}
    assert recording.outputs["sent"] == "[secret]"
    assert "top-secret" not in str(recording.resources)
