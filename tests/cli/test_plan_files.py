"""`plan --out DIR`: what would be applied, as files."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli.running import plan, plan_json
from tests.conftest import STACK_NAMES

pytestmark = pytest.mark.usefixtures("planned_once")


def write(stack: str, out: Path) -> None:
    result = plan(stack, "--format", "json", "--out", str(out))
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == plan_json(stack)


def manifests(out: Path) -> dict[str, list[Any]]:
    return {path.name: list(YAML(typ="safe").load_all(path)) for path in (out / "manifests").iterdir()}


@pytest.mark.parametrize("stack", STACK_NAMES)
def test_every_kubernetes_object_is_in_one_file_as_it_is_in_the_json(stack: str, tmp_path: Path) -> None:
    write(stack, tmp_path / "new" / "folder")
    found = manifests(tmp_path / "new" / "folder")
    assert all(len(documents) == 1 for documents in found.values())
    expected = [
        resource["inputs"]
        for resource in plan_json(stack)["resources"]
        if resource["type"].startswith("kubernetes:") and not resource["type"].endswith(":Release")
    ]
    assert len(expected) > 5
    assert sorted(map(_canonical, expected)) == sorted(_canonical(document) for (document,) in found.values())


def _canonical(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def test_the_lists_beside_them(tmp_path: Path) -> None:
    write("prod", tmp_path)
    resources = json.loads((tmp_path / "resources.json").read_text(encoding="utf-8"))
    charts = json.loads((tmp_path / "charts.json").read_text(encoding="utf-8"))
    assert resources == plan_json("prod")["resources"]
    releases = [r["inputs"] for r in resources if r["type"] == "kubernetes:helm.sh/v3:Release"]
    assert len(charts) == len(releases) == 6
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


def test_no_folder_is_not_the_one_that_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
