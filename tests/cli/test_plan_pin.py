"""`plan --pin` writes the program's choices into the stack file, so that an upgrade can't change them."""

import os
from pathlib import Path

import pytest

from infra.cli.as_json import resources
from infra.cli.pin import pin_choices
from infra.offline import plan_offline
from infra.plan.words import count
from infra.settings.document import read_document
from tests.cli.running import plan, write_stack
from tests.example_stacks import ALL_STACKS, planned, text

UNUSUAL = {
    "the short key": """
        config:
          platform:
            cluster: {existing: {context: kind}}
            models: {a: {model: "llama3.2:1b", engine: ollama, gpus: 0}}
    """,
    "anchors": """
        config:
          aws:region: us-east-1
          llm-platform:platform:
            cluster: {create: {version: "1.35", zones: 2}}
            models:
              a: &same {model: Qwen/Qwen3-8B, maxModelLen: 8192}
              b: *same
              c: {<<: *same, maxModelLen: 4096}
    """,
}


@pytest.mark.parametrize("stack", [*ALL_STACKS, *UNUSUAL])
def test_a_pinned_stack_makes_the_same_and_has_nothing_left_to_pin(stack: str, tmp_path: Path) -> None:
    content = UNUSUAL[stack].replace("\n        ", "\n").rstrip() + "\n" if stack in UNUSUAL else text(stack)
    path = write_stack(tmp_path, content, stack.replace(" ", "-"))
    before = planned(stack) if stack in ALL_STACKS else plan_offline(path)
    assert before.plan.chosen
    first, *paths = pin_choices(path, before.plan).splitlines()
    assert first == f"{path}: pinned {count(len(before.plan.chosen), 'choice')}"
    assert [each.strip() for each in paths] == [*before.plan.chosen]
    after = plan_offline(path)
    assert resources(after) == resources(before)
    assert after.plan.chosen == {}


def test_the_second_pin_changes_nothing(tmp_path: Path) -> None:
    path = write_stack(tmp_path, text("dev"))
    first = plan("dev", "--pin", stacks=tmp_path)
    assert first.exit_code == 0
    assert first.stderr.startswith(f"{path}: pinned ")
    pinned = path.read_bytes()
    second = plan("dev", "--pin", stacks=tmp_path)
    assert (second.exit_code, second.stderr) == (0, f"{path}: nothing to pin, the file says everything\n")
    assert path.read_bytes() == pinned


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    path = write_stack(tmp_path, text("prod") + "encryptionsalt: v1:c2FsdA==\n", "prod")
    before = path.read_text(encoding="utf-8")
    plan("prod", "--pin", stacks=tmp_path)
    after = path.read_text(encoding="utf-8")
    comments = [line.split("#")[1] for line in before.splitlines() if "#" in line]
    assert len(comments) > 2
    assert [line.split("#")[1] for line in after.splitlines() if "#" in line] == comments
    assert set(read_document(before).lines) < set(read_document(after).lines)


def test_without_pin_the_file_is_not_touched(tmp_path: Path) -> None:
    path = write_stack(tmp_path, text("dev"))
    plan("dev", stacks=tmp_path)
    assert path.read_text(encoding="utf-8") == text("dev")


def test_a_plan_that_breaks_a_rule_pins_nothing(tmp_path: Path) -> None:
    content = text("dev") + "    budget: {usdPerMonth: 1}\n"
    path = write_stack(tmp_path, content)
    result = plan("dev", "--pin", stacks=tmp_path)
    said = "nothing was pinned, because the plan breaks Budget at budget.usdPerMonth; fix the file, then pin"
    assert (result.exit_code, result.stderr) == (1, f"{path}: {said}\n")
    assert path.read_text(encoding="utf-8") == content


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    real = write_stack(tmp_path, text("local"), "elsewhere")
    real.chmod(0o640)
    link = tmp_path / "stacks" / "Pulumi.local.yaml"
    link.symlink_to(real)
    assert plan("local", "--pin", stacks=tmp_path / "stacks").exit_code == 0
    assert link.readlink() == real
    assert "maxModelLen: 8192" in real.read_text(encoding="utf-8")
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.rglob("*.yaml*")) == ["Pulumi.elsewhere.yaml", "Pulumi.local.yaml"]


def test_a_folder_that_takes_no_new_file(tmp_path: Path) -> None:
    path = write_stack(tmp_path, text("local"), "local")
    path.with_suffix(".yaml.new").mkdir()
    result = plan("local", "--pin", stacks=tmp_path)
    assert result.exit_code == 2
    assert "Invalid value for --pin" in result.stderr
    assert path.read_text(encoding="utf-8") == text("local")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    path = write_stack(tmp_path, text("local"), "local")
    path.chmod(0o444)
    result = plan("local", "--pin", stacks=tmp_path)
    assert result.exit_code == 2
    assert f"{path}: Permission denied; the stack file has to be writable" in result.stderr
    assert path.read_text(encoding="utf-8") == text("local")
