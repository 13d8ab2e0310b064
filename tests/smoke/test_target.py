"""Which gateway `smoke` calls, with which key, and what it says where it can't know."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from infra.live.commands import NotRead
from infra.smoke import target as module
from tests.cli.running import run
from tests.conftest import STACKS
from tests.tryout.stacks import STACK, write

URL = "http://127.0.0.1:1/v1"


def smoke(*options: str, key: str | None = "a-key", **outputs: Any) -> Any:
    return run("smoke", "prod", "--stacks", str(STACKS), *options, environment={"LLM_PLATFORM_KEY": key or ""})


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(module, "pulumi", lambda *arguments: json.dumps(found))
    return found


@pytest.fixture
def no_pulumi(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: str) -> str:
        raise NotRead("pulumi isn't installed")

    monkeypatch.setattr(module, "pulumi", refuse)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--url", URL, "--client", "chekout"), "prod has no such client; it has default"),
        (("--url", URL, "--key-file", "/nowhere"), "--key-file /nowhere: No such file or directory"),
        (("--url", URL, "--key-file", "/dev/null"), "has to hold one key and nothing else (value not shown)"),
        *(
            (("--url", url), f"--url {url}: not an address; write such as https://llm.example.com/v1")
            for url in ("llm.example.com/v1", "ftp://a/v1", "https://", "http://a:b/v1", "http://[a/v1")
        ),
    ],
)
def test_a_wrong_argument_is_exit_code_2(options: tuple[str, ...], words: str) -> None:
    done = smoke(*options)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


def test_a_file_with_two_keys_is_refused_without_showing_them(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("key-abc\nkey-def\n", encoding="utf-8")
    done = smoke("--url", URL, "--key-file", str(tmp_path / "key"))
    assert done.exit_code == 2
    assert "key-abc" not in done.stderr
    assert "key-def" not in done.stderr


@pytest.mark.parametrize("key", ["key-abc\nkey-def", "key abc", "kéy-abc"])
def test_a_variable_that_holds_no_key_is_refused_without_showing_it(key: str) -> None:
    done = smoke("--url", URL, key=key)
    assert done.exit_code == 2
    assert done.stderr == "smoke: LLM_PLATFORM_KEY: it has to hold one key and nothing else (value not shown)\n"


@pytest.mark.usefixtures("no_pulumi")
def test_without_pulumi_it_names_only_what_is_missing() -> None:
    for options, key, missing in (
        ((), None, {"--url", "LLM_PLATFORM_KEY"}),
        ((), "a-key", {"--url"}),
        (("--url", URL), None, {"LLM_PLATFORM_KEY"}),
    ):
        done = smoke(*options, key=key)
        assert done.exit_code == 3
        said = " ".join(done.stderr.split())
        assert "pulumi isn't installed" in said
        assert {each for each in ("--url", "LLM_PLATFORM_KEY") if each in said} == missing


def test_what_the_stack_says_is_called(outputs: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    outputs |= {"gateway": {"base_url": f"http://127.0.0.1:{closed}/v1"}, "api_key": "of-the-stack"}
    done = smoke(key=None)
    assert done.exit_code == 3  # nothing answers there
    assert f"prod · http://127.0.0.1:{closed}/v1 · client default" in done.stdout
    assert done.stdout.count("NOT CHECKED") == 1
    assert "Connection refused" in done.stdout
    assert "of-the-stack" not in done.output


def test_a_gateway_in_the_cluster_only_is_reached_through_a_port(outputs: dict[str, Any]) -> None:
    outputs["gateway"] = {"base_url_in_cluster": "http://gateway.llm.svc.cluster.local/v1"}  # Pulumi leaves out null
    done = smoke()
    assert done.exit_code == 2
    assert "kubectl port-forward -n llm service/gateway" in " ".join(done.stderr.split())


def test_a_stack_without_a_gateway_is_one_of_an_earlier_release(outputs: dict[str, Any]) -> None:
    outputs["version"] = 1
    done = smoke()
    assert done.exit_code == 2
    assert "was `pulumi up -s prod` run with this release?" in " ".join(done.stderr.split())


def test_the_key_of_a_client_is_read_from_its_secret(outputs: dict[str, Any]) -> None:
    secret = {"namespace": "shop", "name": "llm-key", "key": "api-key"}
    outputs["gateway"] = {"clients": {"default": {"secret": secret}}}
    done = smoke("--url", URL, key=None)
    assert done.exit_code == 2
    read = "kubectl get secret llm-key -n shop -o 'jsonpath={.data.api-key}' | base64 -d"
    assert f"LLM_PLATFORM_KEY=$({read}) llm-platform smoke prod --client default" in " ".join(done.stderr.split())


def test_a_stack_without_a_key_says_where_to_put_it(outputs: dict[str, Any]) -> None:
    outputs["gateway"] = {}
    done = smoke("--url", URL, key=None)
    assert done.exit_code == 2
    assert "no key of the client default: write it into LLM_PLATFORM_KEY" in " ".join(done.stderr.split())


def test_a_wrong_stack_file_is_exit_code_2(tmp_path: Path) -> None:
    done = run("smoke", STACK, "--stacks", str(write(tmp_path, "config: {}\n")))
    assert done.exit_code == 2
