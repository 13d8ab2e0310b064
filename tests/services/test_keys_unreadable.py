"""A client's key is nowhere readable: not in a plan, and in what a stack makes only as a value marked as secret."""

import json
from pathlib import Path

import pulumi
import pytest

from infra import program
from infra.cli.as_json import document
from infra.config_keys import config_key
from infra.live import Namespaces
from infra.offline import plan_loaded
from infra.program import deploy
from infra.recording import Recording, record, values
from infra.registry import cloud_of
from infra.settings.file import StackFile
from infra.stack_file import load_text
from tests.example_stacks import text

GIVEN = {
    "apiKey": "canary-of-the-stack",
    "clientKey-web-2": "canary-of-web-no-2",
    "externalKey-acme": "canary-of-the-provider",
}
CLIENTS = "      clients: {web: {namespace: shop, keys: [1, 2]}, app: {models: [all, gpt], tokensPerMinute: 1000}}\n"
HOSTED = '    external: {gpt: {baseUrl: "https://api.example.net/v1", model: x, keySecret: externalKey-acme}}\n'
RANDOM = "${client-web-key-1.result}"  # what a recording has for a random key


@pytest.fixture
def file() -> StackFile:
    domain = "      domain: llm.example.com\n"
    secrets = "".join(f"  {config_key(name)}: {{secure: v1:a}}\n" for name in GIVEN)
    stack = text("prod")
    assert domain in stack
    return load_text(stack.replace(domain, domain + CLIENTS) + HOSTED + secrets, Path("stacks/Pulumi.prod.yaml"))


def recorded(file: StackFile) -> Recording:
    plan, cloud = plan_loaded(file).plan, cloud_of(file.settings)
    config = {config_key(name): value for name, value in GIVEN.items()}
    return record(
        lambda: deploy(plan, cloud.provider(plan), Namespaces()),
        stack=file.stack,
        config={config_key("huggingFaceToken"): "hf", **config},
        secret_keys=(config_key("huggingFaceToken"), *config),
        answers=cloud.answers,
    )


def holding(found: Recording, word: str) -> set[str]:
    return {each.name for each in found.resources if word in json.dumps([dict(each.inputs), dict(each.options)])}


def test_no_key_is_outside_of_a_secret_value(file: StackFile) -> None:
    """Nor another random password: of the engines, and of the store that counts tokens."""
    found = recorded(file)
    for word in ("canary", RANDOM, ".result}"):
        assert holding(found, word) == set()
        assert word not in json.dumps(found.outputs)


def test_each_key_is_where_it_belongs(file: StackFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, with the secret values seen: so the test above looks at values that hold keys."""
    monkeypatch.setattr(values, "_masked", lambda value: value)
    found = recorded(file)
    proxy, secrets = "gateway-proxy-clients", {"client-web-secret", "client-web-secret-elsewhere"}
    assert holding(found, GIVEN["clientKey-web-2"]) == {proxy, *secrets}
    assert holding(found, RANDOM) == {proxy}
    assert holding(found, GIVEN["externalKey-acme"]) == {proxy}
    assert holding(found, ".result}") == {proxy, "client-app-secret", "engine-keys-secret", "token-limits-secret"}
    types = {each.type for each in found.resources if "canary" in str(each.inputs)}
    assert types == {"kubernetes:core/v1:Secret"}


def test_without_a_providers_key_up_makes_nothing_and_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_read_config", lambda: load_text(text("elsewhere"), Path("stacks/Pulumi.dev.yaml")))
    with pytest.raises(pulumi.RunError) as caught:
        program.main()
    said = str(caught.value)
    assert said.startswith("external: the providers' keys of large, vectors are missing:")
    for secret in ("externalKey-acme", "externalKey-eu"):
        assert f"pulumi config set --secret llm-platform:{secret} -s dev" in said


def test_a_plan_has_only_the_names_of_secrets(file: StackFile) -> None:
    said = json.dumps(document(plan_loaded(file)))
    assert "canary" not in said
    assert RANDOM not in said
    assert "v1:a" not in said
