"""The stacks for which the workflows run."""

from pathlib import Path

import pytest

from tests.workflows.project import Project

pytestmark = pytest.mark.programs

START = {f"stacks/Pulumi.{name}.yaml": "config: {}\n" for name in ("dev", "prod", "staging")}
EVERY = '["dev", "prod", "staging"]'


@pytest.mark.parametrize(
    ("change", "stacks"),
    [
        ({"stacks/Pulumi.dev.yaml": "config: {a: 1}\n"}, '["dev"]'),
        ({"stacks/Pulumi.new.yaml": "config: {}\n"}, '["new"]'),
        ({"stacks/Pulumi.prod.yaml": None}, '["prod"]'),
        ({"infra/program.py": "pass\n"}, EVERY),
        ({"components/gateway.py": "pass\n"}, EVERY),
        ({"requirements.txt": "pulumi\n"}, EVERY),
        ({"stacks/our-prices.csv": "type,usd\n"}, EVERY),
        ({"stacks/Pulumi.dev.yaml": None, "infra/program.py": "pass\n"}, EVERY),
        (
            {"README.md": "words\n", "docs/a/b.md": "words\n", "tests/test_a.py": "", ".github/workflows/a.yml": ""},
            "[]",
        ),
        ({"docs/a.md": "words\n", "stacks/Pulumi.prod.yaml": "config: {a: 1}\n"}, '["prod"]'),
        ({"stacks/Pulumi.a\nstacks=b.yaml": "config: {}\n"}, r'["a\nstacks=b"]'),
    ],
)
def test_a_stack_file_is_its_stack_and_what_all_read_is_all(
    change: dict[str, str | None], stacks: str, tmp_path: Path
) -> None:
    project = Project(tmp_path)
    project.commit(dict(START))
    project.commit(change)
    assert project.run("changed_stacks.py", "HEAD^1").stdout == f"stacks={stacks}\n"


def test_only_the_stacks_that_are_asked_for(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.commit(dict(START))
    project.commit({"infra/program.py": "pass\n"})
    assert project.run("changed_stacks.py", "HEAD^1", "dev", "elsewhere").stdout == 'stacks=["dev"]\n'


def test_a_base_that_does_not_exist_fails(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.commit(dict(START))
    done = project.run("changed_stacks.py", "HEAD^1")
    assert done.returncode != 0
    assert done.stdout == ""
