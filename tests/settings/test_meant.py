"""A proposal follows from what was typed: for 32k it is 32,768, not the example's 8,192."""

import json
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.settings.meant import meant, takes
from infra.settings.mistakes import BadStackFile
from infra.settings.schema import schema_at
from infra.stack_file import load_config

CREATED = {"create": {"version": "1.35", "zones": 2}}
MODEL = {"model": "Qwen/Qwen3-8B"}

# Where, what was typed, what to propose.
TYPED: list[tuple[str, Any, Any]] = [
    ("models.a.maxModelLen", "32k", 32768),
    ("models.a.maxModelLen", "32K", 32768),
    ("models.a.maxModelLen", "32,768", 32768),
    ("models.a.maxModelLen", "1M", 1048576),
    ("models.a.maxModelLen", "16384 tokens", 16384),
    ("models.a.maxModelLen", 8192.5, 8192),
    ("models.a.maxNumSeqs", "1k", 1000),
    ("models.a.gpus", 64, 16),
    ("models.a.gpus", "2", 2),
    ("models.a.gpuMemoryUtilization", "90%", 0.9),
    ("models.a.gpuMemoryUtilization", 92, 0.92),
    ("models.a.model", "/srv/models/acme-32b", "file:///srv/models/acme-32b"),
    ("models.a.model", "pvc:/weights/acme-32b", "pvc://weights/acme-32b"),
    ("models.a.model", "s3:acme/acme-32b", "s3://acme/acme-32b"),
    ("models.a.model", "Qwen/Qwen3 8B", "Qwen/Qwen3-8B"),
    ("models.a.model", "Qwen / Qwen3-8B", "Qwen/Qwen3-8B"),
    ("cache.kind", "nfs", "storageClass"),
    ("cache.kind", "PVC", "storageClass"),
    ("gpuPools.p.existing.gpuMemoryGib", "48GB", 48),
    ("gpuPools.p.existing.gpuMemoryGib", 24564, 23.5),  # MiB, as nvidia-smi says it; the engine sees 23.64
    ("gpuPools.p.existing.gpuMemoryGib", "46068 MiB", 44.0),
    ("gpuPools.p.existing.selector", "gpu=l40s", {"gpu": "l40s"}),
    ("gpuPools.p.existing.selector", "nvidia.com/gpu.product: NVIDIA-L40S", {"nvidia.com/gpu.product": "NVIDIA-L40S"}),
    ("models.a.paused", "yes", True),
    ("models.a.paused", "off", False),
    ("models.a.revision", 1234567, "1234567"),
    ("models.a.replicas", "3", 3),
    ("models.a", "Qwen/Qwen3-8B", {"model": "Qwen/Qwen3-8B"}),
    ("models.a.extraArgs", "--enforce-eager", ["--enforce-eager"]),
    ("budget", 8000, {"usdPerMonth": 8000}),
    ("budget", "$8,000", {"usdPerMonth": 8000}),
    ("budget.usdPerMonth", "8k", 8000),
    ("budget.of", "most", "max"),
    ("budget.of", "least", "min"),
    ("budget.of", "typical", "expected"),
    ("prices", 15, {"discountPercent": 15}),
    ("prices", "own.csv", {"table": "own.csv"}),
    ("cache", "ebs", {"kind": "ebs"}),
    ("cache.size", "500GB", "500Gi"),
    ("cache.size", "2T", "2Ti"),
    ("cache.size", 300, "300Gi"),
    ("gateway", "ai.acme.com", {"domain": "ai.acme.com"}),
    ("gateway.domain", "https://ai.acme.com/v1", "ai.acme.com"),
    ("gateway.domain", "*.ai.acme.com", "ai.acme.com"),
    ("gateway.timeoutSeconds", "10m", 600),
    ("gateway.timeoutSeconds", 7200, 4000),
    ("namespace", "team-ml", {"name": "team-ml"}),
    ("namespace.name", "Team_ML", "team-ml"),
    ("cluster", "kind-llm", {"existing": {"context": "kind-llm"}}),
    ("cluster.create.access.apiFrom", "203.0.113.7", ["203.0.113.7/32"]),
    ("cluster.create.systemNodes", "m7i.2xlarge", {"instanceType": "m7i.2xlarge"}),
    ("cluster.create.systemNodes", 3, {"count": 3}),
    ("gpuPools.p", "g5.xlarge", {"instanceTypes": ["g5.xlarge"]}),
    ("gpuPools.p.instanceTypes", "g5.xlarge", ["g5.xlarge"]),
    ("addons.prometheus", "http://prom.watch:9090", {"existing": {"url": "http://prom.watch:9090"}}),
    ("addons.prometheus.existing.url", "prom.watch:9090", "http://prom.watch:9090"),
    ("mirror", "charts", {"charts": "charts"}),
    ("tags.prod", True, "true"),
]


@pytest.mark.parametrize(("path", "typed", "proposed"), TYPED, ids=lambda each: str(each))
def test_what_was_typed_is_what_is_proposed(path: str, typed: Any, proposed: Any) -> None:
    node = schema_at(tuple(path.split(".")))
    assert node is not None
    assert not takes(node, typed), "it is no mistake"
    assert meant(path.rsplit(".", 1)[-1], typed, node) == proposed


@pytest.mark.parametrize(
    ("path", "typed"),
    [("models.a.gpus", "many"), ("addons.keda", "on"), ("cache.size", "big"), ("budget", "cheap"), ("gateway", True)],
)
def test_nothing_is_made_of_what_nobody_understands(path: str, typed: Any) -> None:
    node = schema_at(tuple(path.split(".")))
    assert node is not None
    assert meant(path.rsplit(".", 1)[-1], typed, node) is None


def _writes(platform: dict[str, Any], region: str) -> dict[str, str]:
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform=json.loads(json.dumps(platform)), region=region)
    return {mistake.path: mistake.write for mistake in caught.value.mistakes}


def _created(**create: Any) -> dict[str, Any]:
    return {"cluster": {"create": {"version": "1.35", "zones": 2} | create}, "models": {"a": MODEL}}


@pytest.mark.parametrize(
    "zones", [["here", "there"], ["eu-central-1a", "eu-central-1b"], "somewhere", ["use1-az1"] * 2]
)
def test_zones_are_proposed_of_the_stacks_own_region(zones: Any) -> None:
    ours = load_catalog().regions["eu-central-1"]
    for path, write in _writes(_created(zones=zones), "eu-central-1").items():
        assert path.startswith("cluster.create.zones")
        assert any(zone in write for zone in ours)
        assert "use1" not in write


@pytest.mark.parametrize(
    ("region", "typed", "proposed"),
    [
        ("eu-west-1", "g6.xlarge", "g5.xlarge"),  # no L4 there at all: the smallest that holds the model
        ("ap-south-2", "gr6.4xlarge", "g6.xlarge"),  # the same GPU, in another type
        ("eu-west-1", "p4de.24xlarge", "g5.xlarge"),  # nothing there is as large, and the model needs less
    ],
)
def test_a_type_that_a_region_lacks_is_answered_with_those_that_hold_the_model(
    region: str, typed: str, proposed: str
) -> None:
    catalog = load_catalog()
    assert not catalog.zones_of(typed, region)
    stack = _created() | {"gpuPools": {"p": {"instanceTypes": [typed]}}, "models": {"a": MODEL | {"maxModelLen": 8192}}}
    types, _, regions = _writes(stack, region)["gpuPools.p.instanceTypes"].partition(", or a region that has ")
    named = [word for word in types.split() if word in catalog.instances]
    assert named[0] == proposed
    assert all(catalog.zones_of(name, region) for name in named)
    have = [word for word in regions.removeprefix(f"{typed}: ").replace(",", " ").split() if word in catalog.regions]
    assert have
    assert all(catalog.zones_of(typed, each) for each in have)
