"""No own server of the gateway is one of the platform's Services: its clients would pass by their models and limits."""

from pathlib import Path

import pytest

from infra.settings.mistakes import BadStackFile
from infra.stack_file import load_text
from tests.example_stacks import planned, text

SERVICE = "kubernetes:core/v1:Service"


@pytest.mark.parametrize("name", ["shared", "direct"])
def test_each_service_that_the_platform_makes_is_refused_as_an_own_server(name: str) -> None:
    whole = planned(name)
    namespace = whole.plan.settings.namespace.name
    made = [each.inputs["metadata"] for each in whole.recording.of(SERVICE)]
    own = sorted(each["name"] for each in made if each.get("namespace") == namespace)
    assert {"gateway", "gateway-pods", "gateway-tokens" if name == "shared" else "gateway-outside"} <= {*own}
    stack = text(name).replace("gateway:", f"gateway:\n          custom: {{{_servers(own)}}}", 1)
    with pytest.raises(BadStackFile) as found:
        load_text(stack, Path("stacks/Pulumi.x.yaml"))
    said = str(found.value)
    assert [each for each in own if f"gateway.custom.own-{each}.service" not in said] == []


def _servers(services: list[str]) -> str:
    return ", ".join(f"own-{each}: {{service: {each}}}" for each in services)
