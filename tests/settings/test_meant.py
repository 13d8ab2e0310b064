"""A proposal follows from what was typed: for 32k it is 32,768, not the example's 8,192."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.catalog import load_catalog
from infra.settings.meant import meant
from infra.settings.mistakes import BadStackFile
from infra.settings.schema import schema_at
from infra.settings.takes import takes
from infra.stack_file import load_config

CREATED = {"create": {"version": "1.35", "zones": 2}}
MODEL = {"model": "Qwen/Qwen3-8B"}
OFFICE = {"days": "mon-fri", "from": "08:00", "to": "19:00", "timezone": "Europe/Amsterdam", "min": 1}

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
    ("addons.keda", False, "disabled"),
    ("addons.keda", "off", "disabled"),
    ("addons.keda", True, "install"),
    ("addons.keda", "enabled", "install"),
    ("gateway.expose", False, "cluster"),
    ("gateway.expose", "no", "cluster"),
    ("models.a.revision", 1234567, "1234567"),
    ("models.a.replicas", "3", 3),
    ("models.a.replicas", "1..3", {"min": 1, "max": 3}),
    ("models.a.replicas", "1-3", {"min": 1, "max": 3}),
    ("models.a.replicas", "3 to 1", {"min": 1, "max": 3}),
    ("models.a.replicas", [1, 3], {"min": 1, "max": 3}),
    ("models.a", "Qwen/Qwen3-8B", {"model": "Qwen/Qwen3-8B"}),
    ("models.a.extraArgs", "--enforce-eager", ["--enforce-eager"]),
    ("budget", 8000, {"usdPerMonth": 8000}),
    ("budget", "$8,000", {"usdPerMonth": 8000}),
    ("budget.usdPerMonth", "8k", 8000),
    ("budget.usdPerMonth", "8,000.50", 8000.5),
    ("gpuPools.p.existing.usdPerGpuHour", "$1.80", 1.8),
    ("gpuPools.p.existing.usdPerGpuHour", "1,80", 1.8),
    ("models.a.rollout.weight", "10%", 10),
    ("models.a.rollout.weight", 0.1, 10),
    ("prices.discountPercent", "15%", 15),
    ("models.a.speculative", "ngram", {"method": "ngram", "tokens": 5}),
    ("models.a.schedule", {**OFFICE}, [OFFICE]),
    ("models.a.schedule.0.days", ["mon", "wed"], "mon,wed"),
    ("models.a.like", ["Qwen/Qwen3-8B"], "Qwen/Qwen3-8B"),
    ("tags", ["team=ml", "env=dev"], {"team": "ml", "env": "dev"}),
    ("external.gpt.baseUrl", "api.openai.com/v1", "https://api.openai.com/v1"),
    ("external.gpt.baseUrl", "api.openai.com", "https://api.openai.com/v1"),
    ("external.gpt.keySecret", "externalKey-Mistral_key", "externalKey-mistral-key"),
    ("gateway.custom.rerank.service", "tools/rerank-v2", "rerank-v2"),
    ("budget.usdPerMonth", "18 000", 18000),
    ("budget.usdPerMonth", "18.000", 18000),
    ("budget.usdPerMonth", "1.234.567,50", 1234567.5),
    ("budget", "9.000 EUR", {"usdPerMonth": 9000}),
    ("models.a.maxModelLen", "32.768", 32768),
    ("gpuPools.p.existing.usdPerGpuHour", "1.250", 1.25),
    ("cache.size", "1.500Gi", "1500Gi"),
    ("cache.size", "1.5Ti", "1536Gi"),
    ("budget.usdPerMonth", "18'000", 18000),
    ("budget.usdPerMonth", "18_000", 18000),
    ("budget.usdPerMonth", "USD 18,000", 18000),
    ("budget.usdPerMonth", "18000 USD", 18000),
    ("budget.usdPerMonth", "€18000", 18000),
    ("budget.usdPerMonth", "$18k/month", 18000),
    ("budget.usdPerMonth", "18 thousand", 18000),
    ("budget", "US$18,000 per month", {"usdPerMonth": 18000}),
    ("gpuPools.p.existing.usdPerGpuHour", "$1.80/h", 1.8),
    ("gpuPools.p.existing.nodes", "4 nodes", 4),
    ("models.a.gpus", "2 GPUs", 2),
    ("models.a.replicas", "18,000", 1000),
    ("models.a.replicas", "1,3", {"min": 1, "max": 3}),
    ("models.a.ropeScaling.original", "32k", 32768),
    ("gateway.clients.web.tokensPerMinute", "200k", 200000),
    ("external.gpt.usdPerMillionTokens.in", "$0.40", 0.4),
    ("external.gpt.contextLength", "128,000", 128000),
    ("gateway.tlsSecret", "ingress-nginx/llm-tls", "llm-tls"),
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
    ("cluster.existing.eks", "arn:aws:eks:us-east-2:222233334444:cluster/shared-prod", "shared-prod"),
    ("cluster.create.systemNodes", 3, {"count": 3}),
    ("cluster.create.accountId", "1234-5678-9013", "123456789013"),
    ("cluster.create.access.admins.0", "role/ops", "arn:aws:iam::111122223333:role/ops"),
    (
        "cluster.create.access.admins.0",
        "arn:aws:sts::123456789013:assumed-role/ops/me",
        "arn:aws:iam::123456789013:role/ops",
    ),
    ("gateway.certificateArn", "5f0c-12", "arn:aws:acm:us-east-1:111122223333:certificate/5f0c-12"),
    ("gpuPools.p", "g5.xlarge", {"instanceTypes": ["g5.xlarge"]}),
    ("gpuPools.p.instanceTypes", "g5.xlarge", ["g5.xlarge"]),
    ("addons.prometheus", "http://prom.watch:9090", {"existing": {"url": "http://prom.watch:9090"}}),
    ("addons.prometheus.existing.url", "prom.watch:9090", "http://prom.watch:9090"),
    ("mirror", "charts", {"charts": "charts"}),
    ("tags.prod", True, "true"),
    ("models.a.gpus", "two", 2),
    ("gpuPools.p.capacity", "spot, on-demand", ["spot", "on-demand"]),
    ("gpuPools.p.existing.tolerations", "gpu", [{"key": "gpu", "operator": "Exists"}]),
    (
        "gpuPools.p.existing.tolerations.0",
        "nvidia.com/gpu=present:NoSchedule",
        {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
    ),
    ("cluster.create.network.cidr", "10.0.0.0", "10.0.0.0/16"),
    ("models.a.schedule.0.days", "weekdays", "mon-fri"),
    ("models.a.schedule.0.from", "8", "08:00"),
    ("models.a.schedule.0.from", "12am", "00:00"),
    ("models.a.schedule.0.to", "6:30 pm", "18:30"),
    ("models.a.schedule.0.to", "18h", "18:00"),
]


@pytest.mark.parametrize(("path", "typed", "proposed"), TYPED, ids=lambda each: str(each))
def test_what_was_typed_is_what_is_proposed(path: str, typed: Any, proposed: Any) -> None:
    node = schema_at(tuple(int(part) if part.isdecimal() else part for part in path.split(".")))
    assert node is not None
    assert not takes(node, typed), "it is no mistake"
    assert meant(path.rsplit(".", 1)[-1], typed, node) == proposed


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("models.a.gpus", "many"),
        ("allow.replace", True),
        ("addons.keda", "perhaps"),
        ("cache.size", "big"),
        ("budget", "cheap"),
        ("gateway", True),
    ],
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


OURS = "123456789013"
ARN = f"arn:aws:acm:eu-west-1:{OURS}:certificate/5f0c"
ADMIN = f"arn:aws:iam::{OURS}:role/ops"
URL = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1"


def _signed(**sigv4: Any) -> dict[str, Any]:
    return {"addons": {"prometheus": {"existing": {"url": URL, "auth": {"sigv4": sigv4}}}}}


# By path of the mistake: the key of `cluster.create`, other sections, and what is proposed.
WITH_WHAT_STANDS_THERE: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("cluster.create.zones", {"zones": "eu-west-1b"}, {}, "write zones: [euw1-az1, euw1-az2]"),
    ("cluster.create.zones", {"zones": "eu-west-1a, eu-west-1b"}, {}, "write zones: [euw1-az1, euw1-az2]"),
    ("cluster.create.zones[0]", {"zones": ["eu-west-1a"] * 2}, {}, "write the id of that zone, one of euw1-az1,"),
    ("cluster.create.access.admins[0]", {"accountId": OURS, "access": {"admins": ["me"]}}, {}, f":{OURS}:role/me"),
    ("cluster.create.access.admins[1]", {"access": {"admins": [ADMIN, "me"]}}, {}, f"::{OURS}:role/me"),
    (
        "cluster.create.access.admins[0]",
        {"access": {"admins": ["role/ops"]}},
        {"gateway": {"domain": "x.acme.dev", "certificateArn": ARN}},
        f"write {ADMIN}",
    ),
    ("cluster.create.accountId", {"accountId": "mine", "access": {"admins": [ADMIN]}}, {}, f'accountId: "{OURS}"'),
    (
        "gateway.certificateArn",
        {"accountId": OURS},
        {"gateway": {"domain": "x.acme.dev", "certificateArn": "x y"}},
        ARN,
    ),
    ("gateway.tlsSecret", {"accountId": OURS}, {"gateway": {"domain": "x.acme.dev", "tlsSecret": "tls"}}, f"{ARN}, or"),
    ("gateway.wafAclArn", {}, {"gateway": {"domain": "x.acme.dev", "wafAclArn": "llm"}}, ":wafv2:eu-west-1:"),
    (
        "addons.prometheus.existing.auth.sigv4.region",
        {},
        _signed(region="Dublin"),
        "write, for example, region: eu-west-1",
    ),
    ("addons.prometheus.existing.auth.sigv4.roleArn", {"accountId": OURS}, _signed(roleArn="p"), f"::{OURS}:role/p"),
]


@pytest.mark.parametrize(("path", "create", "others", "says"), WITH_WHAT_STANDS_THERE)
def test_an_example_has_the_names_that_stand_in_the_file(
    path: str, create: dict[str, Any], others: dict[str, Any], says: str
) -> None:
    write = _writes(_created(**create) | others, "eu-west-1")[path]
    assert says in write
    assert "us-east-1" not in write


@pytest.mark.parametrize("typed", ["stacks/prises.csv", "prices.csv", "price.csv"])
def test_a_mistyped_table_is_answered_with_a_near_table(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "prices.csv").write_text("instance_type,usd_per_hour\n")
    monkeypatch.setattr("infra.catalog.price_table.PROJECT", tmp_path)
    write = _writes(_created() | {"prices": {"table": typed}}, "eu-west-1")["prices.table"]
    assert write.startswith("write table: stacks/prices.csv")


@pytest.mark.parametrize(
    ("gateway", "region", "said"),
    [
        (
            {"ingressClass": "nginx"},
            "eu-west-1",
            {"gateway.certificateArn": "with a certificate of eu-west-1"},
        ),
        ({}, "eu-wst-1", {"aws:region": "", "gateway.certificateArn": "write one of eu-west-1"}),
    ],
)
def test_a_wrong_certificate_is_one_round(gateway: dict[str, Any], region: str, said: dict[str, str]) -> None:
    """The class and the region of it, and a region that is mistyped."""
    wrong = {"domain": "x.acme.dev", "certificateArn": ARN.replace("eu-west-1", "us-east-1")}
    found = _writes(_created(accountId=OURS) | {"gateway": wrong | gateway}, region)
    assert {path: write for path, write in found.items() if said.get(path, "-") not in write} == {}
    assert found.keys() == said.keys()


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
