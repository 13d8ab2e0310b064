"""What the documentation takes from the program is what the program says today."""

from pathlib import Path

import pytest

from docs import generate
from docs.generate import generated

GENERATED = generated()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_file_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path], "stale: make docs"


def test_pictures_estimates_and_both_schemas_are_generated() -> None:
    assert {path.name for path in GENERATED} == {
        "README.md",
        "stack-file.schema.json",
        "outputs.schema.json",
        "estimates.md",
        "estimates.svg",
    }


def test_a_stale_picture_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another stack the picture is another one; what people wrote around it stays."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.prod.yaml").write_text(
        "config: {llm-platform:platform: {cluster: {existing: {context: kind}}, models: "
        '{small: {model: "llama3.2:1b", engine: ollama, gpus: 0}}}}\n',
        encoding="utf-8",
    )
    written = (generate.ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(written, encoding="utf-8")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    fresh = generated()[tmp_path / "README.md"]
    assert "<b>Gateway</b>" in written
    assert "<b>Gateway</b>" not in fresh
    assert "<b>ModelServer</b>" in fresh
    assert fresh.split("<!-- picture: begin -->")[0] == written.split("<!-- picture: begin -->")[0]
    assert fresh.split("<!-- picture: end -->")[1] == written.split("<!-- picture: end -->")[1]
