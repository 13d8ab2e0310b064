"""The `aws:` keys of a stack file: each is passed on, or refused."""

from pathlib import Path
from typing import Any

import pytest

from infra.offline import Planned, plan_offline
from infra.settings.mistakes import BadStackFile
from infra.stack_file import load_config

CREATED = {"cluster": {"create": {"version": "1.35", "zones": 2}}, "models": {"a": {"model": "Qwen/Qwen3-8B"}}}
LAPTOP = {
    "cluster": {"existing": {"context": "kind-llm"}},
    "models": {"a": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}},
}


def load(keys: dict[str, Any], platform: dict[str, Any] = CREATED) -> Any:
    return load_config(stack="dev", platform=platform, region="us-east-1", keys=keys)


@pytest.mark.parametrize(
    "tags", [{"tags": {"owner": "platform"}}, '{"tags": {"owner": "platform"}}'], ids=["file", "engine"]
)
def test_profile_and_tags_are_read(tags: Any) -> None:
    aws = load({"aws:region": "us-east-1", "aws:profile": "prod", "aws:defaultTags": tags}).config
    assert (aws.profile, aws.tags) == ("prod", {"owner": "platform"})


@pytest.mark.parametrize(
    ("key", "value", "got", "write"),
    [
        ("aws:regoin", "us-east-1", "did you mean aws:region?", "leave it out"),
        ("aws:skipMetadataApiCheck", "true", "unknown key", "leave it out"),
        ("aws:allowedAccountIds", ["111122223333"], "isn't read", "cluster.create.accountId"),
        ("aws:assumeRoles", [{"roleArn": "x"}], "isn't read", "aws:profile"),
        ("aws:secretKey", {"secure": "v1:abc"}, "isn't read", "credentials come from"),
        ("aws:profile", ["prod"], "allowed: a profile's name", "aws:profile: platform"),
        ("aws:defaultTags", {"owner": "platform"}, "allowed: {tags: {KEY: VALUE}}", "below tags:"),
    ],
)
def test_what_would_do_nothing_is_refused(key: str, value: Any, got: str, write: str) -> None:
    with pytest.raises(BadStackFile) as refused:
        load({key: value})
    (mistake,) = refused.value.mistakes
    assert mistake.path == key
    assert got in mistake.got
    assert write in mistake.write


@pytest.mark.parametrize("key", ["aws:profile", "aws:defaultTags"])
def test_a_context_needs_no_credentials_of_aws(key: str) -> None:
    value = "prod" if key == "aws:profile" else {"tags": {"a": "b"}}
    with pytest.raises(BadStackFile, match="dev"):
        load({key: value}, LAPTOP)


NEW, SHARED = '{create: {version: "1.35", zones: 2}}', "{existing: {eks: shared}}"
POOL = {
    NEW: "l4: {instanceTypes: [g6.xlarge]}",
    SHARED: "l4: {existing: {gpu: L4, selector: {pool: gpu}}, max: 2}",
}


def planned(folder: Path, keys: str, cluster: str) -> Planned:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(
        f"config:\n  aws:region: us-east-1\n{keys}  llm-platform:platform:\n    cluster: {cluster}\n"
        f"    gpuPools: {{{POOL.get(cluster, POOL[NEW])}}}\n"
        "    models: {a: {model: Qwen/Qwen3-8B, maxModelLen: 8192}}\n"
        "    tags: {team: ml, owner: search}\n",
        encoding="utf-8",
    )
    return plan_offline(path)


@pytest.mark.parametrize("cluster", [NEW, SHARED])
def test_the_profile_reaches_the_provider_and_the_token_of_the_cluster(cluster: str, tmp_path: Path) -> None:
    made = planned(tmp_path, "  aws:profile: prod\n", cluster).recording
    assert made.one("pulumi:providers:aws", "aws").inputs["profile"] == "prod"
    kubeconfig = made.one("pulumi:providers:kubernetes", "cluster-kubernetes").inputs["kubeconfig"]
    assert '"args": ["--profile", "prod", "--region", "us-east-1", "eks", "get-token"' in kubeconfig


def test_tags_of_both_kinds_reach_every_resource_and_those_of_the_platform_win(tmp_path: Path) -> None:
    keys = "  aws:defaultTags: {tags: {owner: platform, unit: ai}}\n"
    made = planned(tmp_path, keys, NEW).recording
    assert '"owner": "search", "team": "ml", "unit": "ai"' in str(
        made.one("pulumi:providers:aws", "aws").inputs["defaultTags"]
    ).replace("'", '"')
    template = made.one("aws:ec2/launchTemplate:LaunchTemplate", "l4-template").inputs
    assert {"team": "ml", "owner": "search", "unit": "ai"}.items() <= template["tagSpecifications"][0]["tags"].items()


def test_another_account_is_refused_by_the_provider(tmp_path: Path) -> None:
    cluster = '{create: {version: "1.35", zones: 2, accountId: "111122223333"}}'
    provider = planned(tmp_path, "", cluster).recording.one("pulumi:providers:aws", "aws")
    assert "111122223333" in str(provider.inputs["allowedAccountIds"])
