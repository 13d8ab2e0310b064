"""What downloads the weights onto each node: once, by pods that are no root, and servers wait for it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.container import MODELS_MOUNT, Fetch
from components.model_cache import ModelCache
from components.node_cache import NodeDirectory
from components.node_prefetch import NodePrefetch
from infra.recording import Recording
from tests.components.examples import pod, run
from tests.conftest import HANGS_SECONDS

DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
VOLUME, CLAIM = "kubernetes:core/v1:PersistentVolume", "kubernetes:core/v1:PersistentVolumeClaim"


def fetched(*command: str, directory: str = f"{MODELS_MOUNT}/hf/acme/support/v1") -> Recording:
    fetch = Fetch(command, directory, {}, uses_hub_token=True)
    arguments: dict[str, Any] = {
        "namespace": "llm",
        "model": "support",
        "fetch": fetch,
        "image": "docker.io/kserve/storage-initializer:v0.20.0",
        "cpu": 0.01,
        "memory_gib": 0.0625,
        "memory_limit_gib": 8,
        "scratch_gib": 2,
        "room_gib": 16,
        "wait_seconds": 3600,
        "stall_seconds": 600,
        "node_selector": {"gpu": "l4"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}],
    }
    return run(lambda opts: NodePrefetch("support-prefetch", opts=opts, **arguments))


def cached(path: str) -> Recording:
    return run(
        lambda opts: ModelCache(
            "model-cache",
            namespace="llm",
            create_namespace=True,
            namespace_labels={},
            size="1Gi",
            access_mode="ReadWriteMany",
            volume=NodeDirectory(path),
            protect=True,
            opts=opts,
        )
    )


def test_the_kubelet_makes_the_directory_and_gives_it_to_the_group_of_the_pods() -> None:
    """A hostPath is made, and owned by root; of a local volume the group is set, and nothing is made."""
    specs = {each.inputs["spec"]["claimRef"]["name"]: each.inputs["spec"] for each in cached("/data/llm").of(VOLUME)}
    made, filled = specs["model-cache"], specs["model-cache-filled"]
    assert made["hostPath"] == {"path": "/data/llm", "type": "DirectoryOrCreate"}
    assert filled["local"] == {"path": "/data/llm"}
    assert ("nodeAffinity" in made, "nodeAffinity" in filled) == (False, True)
    spec = pod(fetched("true"), DAEMON_SET)
    assert [each["persistentVolumeClaim"]["claimName"] for each in spec["volumes"][:2]] == [
        "model-cache-filled",
        "model-cache",
    ]
    assert spec["securityContext"]["fsGroup"] == 2000
    mounts = {each["name"]: each for each in spec["initContainers"][0]["volumeMounts"]}
    assert mounts["made"]["readOnly"] is True
    assert "readOnly" not in mounts["models"]


def test_another_path_has_other_volumes_and_claims_of_the_same_names() -> None:
    """A volume that is bound can't be deleted, and its source can't be changed."""
    one, other = cached("/data/llm"), cached("/data/other")
    names = [{each.inputs["metadata"]["name"] for each in made.of(VOLUME)} for made in (one, other)]
    assert not names[0] & names[1]
    assert [each.inputs["metadata"]["name"] for each in one.of(CLAIM)] == ["model-cache", "model-cache-filled"]
    assert all(each.options["protect"] for each in one.of(CLAIM))


def test_the_token_is_where_the_download_is() -> None:
    spec = pod(fetched("true"), DAEMON_SET)
    names = [{each["name"] for each in c.get("env", [])} for c in (*spec["initContainers"], *spec["containers"])]
    assert ["HF_TOKEN" in each for each in names] == [True, False]


@pytest.mark.programs
@pytest.mark.parametrize(("code", "times"), [(0, 1), (1, 2)], ids=["whole", "broken off"])
def test_what_a_node_has_whole_is_not_fetched_again(tmp_path: Path, code: int, times: int) -> None:
    directory, log = tmp_path / "weights", tmp_path / "log"
    script = f"mkdir -p {directory}; echo once >> {log}; exit {code}"
    command = pod(fetched("sh", "-c", script, directory=str(directory)), DAEMON_SET)["initContainers"][0]["command"]
    codes = [subprocess.run(command, timeout=HANGS_SECONDS, check=False).returncode for _ in range(2)]
    assert codes == [code, code]
    assert log.read_text().count("once") == times
    assert (directory / ".llm-platform-complete").exists() is (code == 0)
