"""What the workflows may do, and who may start them."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import STACK_NAMES
from tests.workflows.project import GITHUB, SCRIPTS

ROOT = GITHUB.parent
ENVIRONMENTS = ["dev", "staging", "prod"]  # in the order of deployment
FILES = sorted([*GITHUB.glob("workflows/*.yml"), *GITHUB.glob("actions/*/action.yml")])
WORKFLOWS: dict[str, Any] = {path.stem: YAML(typ="safe").load(path) for path in GITHUB.glob("workflows/*.yml")}
JOBS = {f"{file}/{name}": job for file, workflow in WORKFLOWS.items() for name, job in workflow["jobs"].items()}
CLOUD = {name: job for name, job in JOBS.items() if "id-token" in job.get("permissions", {})}


def steps(job: Any, of: str) -> list[Any]:
    return [step for step in job["steps"] if step.get("uses", "").startswith(of)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_says_which_version(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line and "uses: ./" not in line:
            assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_script_is_put_together_from_what_others_write(path: Path) -> None:
    """A script gets expressions only as environment variables, and no secrets."""
    text = path.read_text(encoding="utf-8")
    document = YAML(typ="safe").load(text)
    jobs = document.get("jobs", {"": document.get("runs", {})})
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]
    assert "secrets." not in text
    assert "pull_request_target" not in text


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_token_reads_unless_a_job_says_otherwise(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] in ({}, {"contents": "read"})


@pytest.mark.parametrize("name", JOBS)
def test_every_job_ends_and_no_checkout_leaves_a_token_behind(name: str) -> None:
    assert JOBS[name]["timeout-minutes"] <= 120
    for checkout in steps(JOBS[name], "actions/checkout@"):
        assert checkout["with"]["persist-credentials"] is False


def test_the_diff_of_a_fork_runs_with_nothing_to_steal() -> None:
    workflow = WORKFLOWS["diff"]
    assert list(workflow["on"]) == ["pull_request"]
    (job,) = workflow["jobs"].values()
    assert workflow["permissions"] == {"contents": "read"}
    assert not {"permissions", "environment", "if"} & set(job)


def test_what_posts_the_comment_runs_no_code_of_a_pull_request() -> None:
    workflow = WORKFLOWS["diff-comment"]
    assert workflow["on"] == {"workflow_run": {"workflows": [WORKFLOWS["diff"]["name"]], "types": ["completed"]}}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read", "actions": "read", "pull-requests": "write"}
    assert [list(step) for step in job["steps"]] == [["run", "env"], ["run", "env"]]
    assert "post_comment.py?ref=$GITHUB_WORKFLOW_SHA" in job["steps"][0]["run"]


def test_only_these_jobs_may_write_to_github() -> None:
    writers = {name: [k for k, v in job.get("permissions", {}).items() if v == "write"] for name, job in JOBS.items()}
    writers = {name: kinds for name, kinds in writers.items() if kinds not in ([], ["id-token"])}
    assert writers == {"diff-comment/comment": ["pull-requests"]}


def test_a_job_with_a_cloud_role_has_an_environment_that_guards_it() -> None:
    assert {name.split("/")[0] for name in CLOUD} == {"preview", "deploy", "drift"}
    for job in CLOUD.values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert steps(job, "./.github/actions/pulumi")


def test_drift_does_not_use_an_environment_that_any_branch_may_use() -> None:
    assert JOBS["preview/preview"]["environment"] == "preview-${{ matrix.stack }}"
    assert JOBS["drift/drift"]["environment"] == "drift-${{ matrix.stack }}"


def test_a_role_of_staging_or_prod_is_for_main_or_for_what_somebody_approved() -> None:
    """The rules are settings of GitHub's: what the page tells people to set."""
    page = (ROOT / "docs/platform/delivery.md").read_text(encoding="utf-8")
    rows = re.findall(r"^ *\| (`.+`) \| `(deploy|preview|drift)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    protected = {(user, name): rules for names, user, *rules in rows for name in re.findall("`([^`]+)`", names)}
    assert set(protected) == {
        (user, f"{prefix}{name}")
        for user, prefix in (("deploy", ""), ("preview", "preview-"), ("drift", "drift-"))
        for name in ENVIRONMENTS
    }
    for (user, name), (reviewers, branches) in protected.items():
        assert branches == ("all" if user == "preview" else "`main`"), name
        assert reviewers.startswith("yes") == (user != "drift" and not name.endswith("dev")), name


def test_a_fork_gets_no_preview() -> None:
    workflow = WORKFLOWS["preview"]
    assert list(workflow["on"]) == ["pull_request"]
    assert workflow["jobs"]["stacks"]["if"].endswith(
        "github.event.pull_request.head.repo.full_name == github.repository"
    )
    assert workflow["jobs"]["preview"]["needs"] == "stacks"


@pytest.mark.parametrize("name", ["preview/stacks", "deploy/dev", "drift/drift"])
def test_a_repository_without_a_cloud_runs_none_of_it(name: str) -> None:
    assert JOBS[name]["if"].startswith("vars.PULUMI_BACKEND_URL != ''")


def test_main_is_deployed_one_environment_after_the_other() -> None:
    workflow = WORKFLOWS["deploy"]
    assert list(workflow["on"]) == ["push", "workflow_dispatch"]
    assert workflow["on"]["push"]["branches"] == ["main"]
    assert workflow["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    assert list(workflow["jobs"]) == ENVIRONMENTS
    assert [job.get("needs") for job in workflow["jobs"].values()] == [None, *ENVIRONMENTS[:-1]]
    for name, job in workflow["jobs"].items():
        assert job["environment"] == name
        assert job["concurrency"] == {"group": f"pulumi-{name}", "cancel-in-progress": False}
        assert job["steps"][-1]["run"] == f"pulumi up --stack {name} --yes --non-interactive"


def test_drift_waits_for_a_deployment_and_fails_on_a_change() -> None:
    job = WORKFLOWS["drift"]["jobs"]["drift"]
    assert job["strategy"]["matrix"]["stack"] == ENVIRONMENTS
    assert job["concurrency"]["group"] == "pulumi-${{ matrix.stack }}"
    assert job["steps"][-1]["run"] == '.venv/bin/python .github/scripts/drift.py "$STACK"'


def test_the_environments_have_stack_files() -> None:
    assert set(ENVIRONMENTS) <= set(STACK_NAMES)
    (changed,) = [step["run"] for step in JOBS["preview/stacks"]["steps"] if "run" in step]
    assert f"HEAD^1 {' '.join(ENVIRONMENTS)} >>" in changed


def test_what_needs_no_diff_needs_no_deployment() -> None:
    harmless = runpy.run_path(str(SCRIPTS / "changed_stacks.py"))["HARMLESS"]
    assert WORKFLOWS["deploy"]["on"]["push"]["paths-ignore"] == list(harmless)


def test_the_cli_is_of_the_sdk_s_version() -> None:
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    action = YAML(typ="safe").load(GITHUB / "actions/pulumi/action.yml")
    (version,) = [
        step["with"]["pulumi-version"] for step in action["runs"]["steps"] if "pulumi/" in step.get("uses", "")
    ]
    assert f"\npulumi=={version} " in requirements


def tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} isn't installed here; the workflow `ci` has it")
    return found


@pytest.mark.programs
def test_the_linter_of_workflows_finds_nothing() -> None:
    workflows = [str(path) for path in GITHUB.glob("workflows/*.yml")]
    assert linted([tool("actionlint"), *workflows]) == ""


@pytest.mark.programs
def test_the_linter_of_their_security_finds_nothing() -> None:
    assert linted([tool("zizmor"), "--offline", "--no-progress", "--quiet", ".github"]) == ""


def linted(command: list[str]) -> str:
    """What a linter complains of."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr
