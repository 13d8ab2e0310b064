"""The parts of the documentation that come from the program are up to date."""

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from docs import generate
from docs.generate import ROOT, generated
from infra.settings.schema import platform_schema

FILES = [
    "README.md",
    "docs/reviewer.md",
    "docs/simulate.md",
    "docs/simulate.svg",
    "docs/stack-file.md",
    "docs/stack-file.schema.json",
    "docs/outputs.schema.json",
    "docs/estimates.md",
    "docs/estimates.svg",
    "docs/contenders.svg",
]


@cache
def current() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): text for path, text in generated().items()}


@pytest.mark.programs
def test_each_of_them_is_generated() -> None:
    assert set(current()) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_generated_file_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == current()[name], "stale: make docs"


def around(page: str) -> list[str]:
    """The text of a page, and its markers, without what the program writes between them."""
    return re.split(r"(?<=: begin -->\n).*?(?=<!-- [\w ]+: end -->)", page, flags=re.DOTALL)


@pytest.mark.programs
def test_a_stale_plan_picture_and_example_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For another stack they differ; the text around them stays."""
    for name in (
        "README.md",
        "docs/reviewer.md",
        "docs/simulate.md",
        "stacks/Pulumi.prod.yaml",
        "stacks/Pulumi.dev.yaml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    stack = tmp_path / "stacks/Pulumi.prod.yaml"
    text = re.sub(r"    gateway:\n(      .*\n)+", "", stack.read_text(encoding="utf-8"))
    stack.write_text(text.replace("usdPerMonth: 30000", "usdPerMonth: 50000"), encoding="utf-8")
    shown = tmp_path / "stacks/Pulumi.dev.yaml"
    shown.write_text(re.sub("maxModelLen: 8192", "maxModelLen: 4096", shown.read_text(encoding="utf-8")))
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    fresh = generated()
    for name, mark, goes in (
        ("README.md", "picture", "<b>Gateway</b>"),
        ("README.md", "plan", " x 8,192"),
        ("docs/reviewer.md", "example", "| budget (maximum) | 30,000 |"),
    ):
        written = (ROOT / name).read_text(encoding="utf-8")
        assert goes in written
        assert goes not in fresh[tmp_path / name]
        assert f"<!-- {mark}: begin -->\n" in written
        assert around(fresh[tmp_path / name]) == around(written)


def test_every_key_of_the_schema_has_a_row_in_the_page_of_keys() -> None:
    """Counted in the schema's own definitions, not by the walk that makes the page."""
    page = current()["docs/stack-file.md"]
    keys = {
        key
        for section in (platform_schema(), *platform_schema()["$defs"].values())
        for key in section.get("properties", {})
    }
    assert len(keys) > 50
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_links_of_the_page_of_keys_lead_to_a_section() -> None:
    page = current()["docs/stack-file.md"]
    headings = {"".join(c for c in line[3:].lower() if c.isalnum()) for line in page.splitlines() if line[:3] == "## "}
    links = set(re.findall(r"\]\(#(\w+)\)", page))
    assert links
    assert links <= headings
