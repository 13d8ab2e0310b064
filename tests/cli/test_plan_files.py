"""`plan --out DIR`: what would be applied, as files."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from infra.cli import files
from infra.cli.yaml_1_1 import to_yaml
from tests.cli.running import plan, plan_json
from tests.example_stacks import ALL_STACKS, planned


def write(stack: str, out: Path) -> None:
    result = plan(stack, "--format", "json", "--out", str(out))
    types = [resource["type"] for resource in json.loads(result.stdout)["resources"]]
    objects = [each for each in types if each.startswith("kubernetes:") and not each.endswith(":Release")]
    said = f"{out}: {len(objects)} files in manifests/, charts.json, resources.json\n"
    assert (result.exit_code, result.stderr) == (0, said)
    assert json.loads(result.stdout) == plan_json(stack)


READERS: dict[str, Callable[[str], Iterable[Any]]] = {
    "YAML 1.1": yaml.safe_load_all,
    "YAML 1.2": lambda text: YAML(typ="safe", pure=True).load_all(text),
}


@pytest.mark.parametrize("stack", ALL_STACKS)
def test_every_kubernetes_object_is_in_one_file_as_it_was_recorded(
    stack: str, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    files.write(planned(stack), tmp_path / "new" / "folder")
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "new" / "folder" / "manifests").iterdir()]
    expected = [
        resource.inputs
        for resource in planned(stack).recording.resources
        if resource.type.startswith("kubernetes:") and not resource.type.endswith(":Release")
    ]
    assert len(expected) > 5
    recorded = sorted(map(_canonical, expected))
    for reader in READERS:
        with subtests.test(reader):
            documents = [list(READERS[reader](text)) for text in written]
            assert {len(each) for each in documents} == {1}
            assert recorded == sorted(_canonical(document) for (document,) in documents)


@pytest.mark.programs
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl isn't installed here")
@pytest.mark.parametrize("stack", ALL_STACKS)
def test_kubectl_reads_what_was_recorded(stack: str, tmp_path: Path) -> None:
    files.write(planned(stack), tmp_path)
    objects = files.kubernetes_objects(planned(stack).recording)
    assert sorted(map(_canonical, as_kubectl_reads(tmp_path / "manifests"))) == sorted(map(_canonical, objects))


def as_kubectl_reads(path: Path) -> list[Any]:
    """Its own parser, without a cluster."""
    command = ["kubectl", "patch", "--local", "-f", str(path), "--type", "merge", "-p", "{}", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]})
    decoder, found, rest = json.JSONDecoder(), [], done.stdout.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].strip()
    return found


# Strings that some YAML parsers read as another type.
NASTY = (
    *("off", "on", "Off", "ON", "yes", "no", "Yes", "NO", "y", "n", "Y", "N", "true", "False", "null", "Null", "~", ""),
    *("22:00", "1:30:15", "1_000", "0755", "0o17", "0x1F", "0b101", "1e3", "12e45", "1234567e8901", "+1", "-1", "1."),
    *(".5", ".inf", "-.INF", ".nan", "2026-07-20", "2026-07-20T10:00:00Z", "=", "<<", "-", "--", "---", "...", "?"),
    *(
        "!x",
        "&x",
        "*x",
        "a: b",
        "a #b",
        "#b",
        "%x",
        "@x",
        "`x",
        "[a",
        "{a",
        "]",
        "'",
        '"',
        "\\",
        "|",
        ">",
        ",",
        ": ",
        " a",
        "a ",
    ),
    *("a\n", "a\nb", "a\n\n b ", "\n", "\ta", "a\tb", "\x85", "\u2028", "\ufeff", "é", "日本", "🙂", "\x07", "a\r\nb"),
)
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=20))


@given(st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.lists(TEXTS)), max_size=5))
def test_any_string_stays_what_it_was(document: dict[str, Any]) -> None:
    written = to_yaml(document)
    assert [list(read(written)) for read in READERS.values()] == [[document]] * len(READERS)


@pytest.mark.programs
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl isn't installed here")
def test_kubectl_reads_any_string_as_it_was(tmp_path: Path) -> None:
    data = {f"key-{number}": text for number, text in enumerate(NASTY)} | {text: "a key" for text in NASTY if text}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "nasty"}, "data": data}
    path = tmp_path / "nasty.yaml"
    path.write_text(to_yaml(config), encoding="utf-8")
    assert as_kubectl_reads(path) == [config]


def _canonical(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def test_the_lists_beside_them(tmp_path: Path) -> None:
    write("prod", tmp_path)
    resources = json.loads((tmp_path / "resources.json").read_text(encoding="utf-8"))
    charts = json.loads((tmp_path / "charts.json").read_text(encoding="utf-8"))
    assert resources == plan_json("prod")["resources"]
    releases = [r["inputs"] for r in resources if r["type"] == "kubernetes:helm.sh/v3:Release"]
    assert len(charts) == len(releases) == 7
    for chart, release in zip(charts, releases, strict=True):
        assert list(chart) == ["name", "chart", "repo", "version", "namespace", "values"]
        assert chart["repo"].startswith("https://")
        assert (chart["chart"], chart["version"], chart["values"]) == (
            release["chart"],
            release["version"],
            release.get("values", {}),
        )


def test_what_an_earlier_run_left_goes_and_what_others_wrote_stays(tmp_path: Path) -> None:
    foreign = {
        tmp_path / "notes.txt": b"mine",
        tmp_path / "manifests" / "mine.yaml": b"kind: ConfigMap\n",
        tmp_path / "manifests" / "bytes.yaml": b"\xff\xfe\x00",
        tmp_path / "manifests" / "folder.yaml" / "a.yaml": b"kind: Secret\n",
    }
    for path, content in foreign.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    write("guide", tmp_path)
    stale = tmp_path / "manifests" / "deployment-llm-llama3.yaml"
    assert stale.exists()
    write("local", tmp_path)
    assert not stale.exists()
    assert (tmp_path / "manifests" / "deployment-llm-llama-1b.yaml").exists()
    assert {path: path.read_bytes() for path in foreign} == foreign


def test_no_folder_is_not_the_folder_that_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = plan("local", "--out", "")
    assert (result.exit_code, result.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert "--out" in result.stderr


@pytest.mark.parametrize("taken", ["out", "out/manifests", "out/charts.json/x", "out/resources.json/x"])
def test_a_folder_that_cannot_be_written_is_exit_2(taken: str, tmp_path: Path) -> None:
    """A file where a folder should be, or the other way round; permissions would not stop root."""
    (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / taken).touch()
    result = plan("local", "--out", str(tmp_path / "out"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Invalid value for --out" in result.stderr
    assert "name a folder that can be written" in result.stderr
