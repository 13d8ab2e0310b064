"""What the author wrote, and what follows from it; of a secret only that there is another."""

import pytest

from infra.diff.difference import compare
from infra.diff.resources import compare_resources
from infra.diff.settings import settings_changed
from infra.diff.types import Change, Side
from tests.diff.sides import compared, side


def test_values_by_their_path_and_lists_as_one_value() -> None:
    found = compared("many", ("g6.2xlarge", "g6.4xlarge"), ("max: 5", "max: 6"))
    assert found.settings == {
        "gpuPools.l4.instanceTypes": Change(["g6.2xlarge"], ["g6.4xlarge"]),
        "models.llama-8b.replicas.max": Change(5, 6),
    }
    assert found.follows == {"gpuPools.l4.max": Change(6, 7)}


def test_nothing_changed_against_itself() -> None:
    assert not compare("many", side("many"), side("many"))


KEY, TOKEN = "llm-platform:apiKey", "llm-platform:huggingFaceToken"


@pytest.mark.parametrize(("key", "changes"), [(KEY, "chat-api-key"), (TOKEN, "model-cache-hub-token")])
def test_another_secret_is_told_where_it_is_used_and_never_shown(key: str, changes: str) -> None:
    old, new = (Side(config={key: {"secure": value}}) for value in ("v1:old:cipher", "v1:new:cipher"))
    found = settings_changed(old, new)
    assert found == {key: Change("[secret]", "[secret], another value")}
    secrets = [
        {"urn": f"u::p::t::{name}", "type": "t", "name": name, "inputs": {"stringData": {"k": "[secret]"}}}
        for name in ("chat-api-key", "model-cache-hub-token")
    ]
    resources = compare_resources(secrets, secrets, lambda *_: False, found)
    assert {urn.rpartition("::")[2] for urn in resources.changed} == {changes}
    assert "cipher" not in str(resources)
