"""`simulate`: what it says, what it counts on, and each kind of wrong input."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.cli.plans import planned_or_exit
from infra.cli.simulate_assumed import assumptions
from infra.cli.simulate_input import asked_of
from infra.project import PROJECT
from tests.cli.running import run

_PATTERN = ("simulate", "prod", "--rate", "0.05", "--seeds", "2")


@pytest.fixture(scope="module")
def answered() -> dict[str, Any]:
    return json.loads(run(*_PATTERN, "--format", "json").stdout)


def test_the_json_accounts_for_each_request(answered: dict[str, Any]) -> None:
    assert list(answered["models"]) == ["llama-70b", "llama-8b"]
    for model in answered["models"].values():
        left = model["answered"] + model["limited"] + model["lost"] + model["too_long"] + model["elsewhere"]
        assert model["requests"] == pytest.approx(left + model["in_system_at_end"])
        assert model["lost"] == pytest.approx(model["refused"] + model["silent"] + model["cut"])
        assert model["first_token_seconds"]["p50"]["mean"] < model["first_token_seconds"]["p99"]["mean"]


def test_the_nodes_of_models_without_an_estimate_are_paid_too(answered: dict[str, Any]) -> None:
    assert answered["left_out"] == {"helper": "no estimate: Ollama has no throughput model"}
    assert answered["gpu_pools"]["t4"]["node_hours_per_day"]["mean"] == pytest.approx(24)
    sums = sum(each["usd_per_day"]["mean"] for each in answered["gpu_pools"].values())
    assert answered["usd_per_day"] == pytest.approx(sums)


def test_each_change_that_would_help_says_what_it_changes(answered: dict[str, Any]) -> None:
    assert answered["would_help"]
    for each in answered["would_help"]:
        waits = [each[f"first_token_{share}_seconds"] for share in ("p95", "p99")]
        assert each["lost"]["new"] < each["lost"]["old"] or any(one["new"] < one["old"] for one in waits)
        assert set(each["settings"]) <= {"replicas", "replicas.min", "replicas.max", "scaling", "schedule"}
        assert set(each["pool_usd_per_day"]) == {"old", "new"}


def test_the_same_command_gives_the_same_answer(answered: dict[str, Any]) -> None:
    assert json.loads(run(*_PATTERN, "--format", "json").stdout) == answered


def test_text_and_markdown_say_that_it_is_an_estimate_and_from_what() -> None:
    for format_ in ("text", "markdown"):
        asked = ("simulate", "prod", "--rate", "0.01", "--seeds", "1", "--format", format_)
        said = " ".join(run(*asked).stdout.split())
        assert "an estimate" in said
        assert "equal shares" in said
        assert "Prometheus reads every 15 s" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), ["--rate", "missing"]),
        (
            ("--rate", "1", "--rollout", "helper@3", "--rollout", "llama-8b"),
            ["'helper' is no model", "'llama-8b': no hour; write such as llama-70b@10"],
        ),
        (("--rate", "1", "--rollout", "llama-8b@24", "--rollout", "llama-8b@-1"), ["after the end", "no hour"]),
        (
            ("--rate", "0", "--interrupt", "l4@nan"),
            ["'l4' is no pool of spot nodes", "no hour", "--rate", "3 mistakes"],
        ),
        (("--rate", "0"), ["--rate", "above 0"]),
        (("--rate", "nan"), ["--rate", "above 0"]),
        (("--rate", "fast"), ["--rate", "'fast'"]),
        (("--rate", "1000"), ["--rate", "5,000,000"]),
        (("--rate", "1", "--pattern", "weekly"), ["--pattern", "steady, daily, burst"]),
        (("--rate", "1", "--days", "0", "--seeds", "x"), ["--days", "--seeds", "2 mistakes"]),
        (("--rate", "1", "--model", "llama-8b"), ["--model", "--traffic FILE"]),
        (("--traffic", "nowhere.csv"), ["--traffic", "No such file"]),
        (("--traffic", "nowhere.csv", "--model", "gpt"), ["--model", "'gpt'", "llama-70b"]),
        (("--traffic", "nowhere.csv", "--rate", "1"), ["--rate", "it is of a pattern"]),
    ],
)
def test_a_wrong_option_is_named_with_what_to_write(options: tuple[str, ...], said: list[str]) -> None:
    done = run("simulate", "prod", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    for each in said:
        assert each in " ".join(done.stderr.split())


def test_all_mistakes_of_a_file_are_said_with_their_lines(tmp_path: Path) -> None:
    rows = ["1,llama-8b,10,10", "-1,llama-8b,10,10", "2,gpt,10,10", "x,llama-8b,0,1.5", "3,llama-8b"]
    file = tmp_path / "t.csv"
    file.write_text("\n".join(["time,model,input_tokens,output_tokens", *rows]))
    done = run("simulate", "prod", "--traffic", str(file))
    assert done.exit_code == 2
    said = re.sub(r"\s+", " ", done.stderr)
    assert "simulate: 6 mistakes" in said
    for line in (3, 4, 5, 6):
        assert f"line {line}" in said


@pytest.mark.parametrize("content", [b"\xff\xfe\x00t", b'time,"' + b"x" * 200_000])
def test_a_file_that_is_no_table_is_no_traceback(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    done = run("simulate", "prod", "--traffic", str(file))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "no table of text in UTF-8" in " ".join(done.stderr.split())


def test_a_file_is_played_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = ["5,llama-8b,100,20", "0,llama-8b,100,20", "7,helper,100,20"]
    file.write_text("\n".join(["time,model,input_tokens,output_tokens", *rows]))
    done = run("simulate", "prod", "--traffic", str(file), "--seeds", "1")
    assert done.exit_code == 0
    said = " ".join(done.stdout.split())
    assert "3 requests of" in said
    assert "helper no estimate: Ollama has no throughput model; 1 request of the file" in said
    found = json.loads(run("simulate", "prod", "--traffic", str(file), "--seeds", "1", "--format", "json").stdout)
    assert found["models"]["llama-8b"]["answered"] == 2
    assert found["models"]["llama-70b"]["first_token_seconds"] == {"p50": None, "p95": None, "p99": None}


def test_a_file_without_a_request_that_can_be_played_says_so(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("time,model,input_tokens,output_tokens\n0,helper,5,5\n")
    done = run("simulate", "prod", "--traffic", str(file), "--seeds", "1")
    assert done.exit_code == 3
    said = " ".join(done.stdout.split())
    assert "NOTHING no request is for a model that can be simulated" in said
    assert "1 request of" in said
    assert "is lost" not in said


def test_a_stack_whose_models_are_paused_is_not_said_to_have_no_estimate(tmp_path: Path) -> None:
    dev = (PROJECT / "stacks" / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    (tmp_path / "Pulumi.asleep.yaml").write_text(dev.replace("maxModelLen:", "paused: true\n        maxModelLen:"))
    done = run("simulate", "asleep", "--rate", "0.1", "--seeds", "1", "--stacks", str(tmp_path))
    assert done.exit_code == 3
    said = " ".join(done.stdout.split())
    assert "NOTHING no model of this stack can be simulated: LEFT OUT says why LEFT OUT qwen3-8b it is paused" in said


def test_what_a_limit_refuses_and_what_a_higher_one_would_do_is_said(tmp_path: Path) -> None:
    """Each of two gateway pods rounds its share of the limit at once up."""
    text = (PROJECT / "stacks" / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    clients = "      clients: {web: {models: [llama-8b], concurrentRequests: 3}}\n"
    changed = text.replace("    gateway:\n", f"    gateway:\n{clients}", 1)
    (tmp_path / "Pulumi.prod.yaml").write_text(changed, encoding="utf-8")
    rows = (f"{each},llama-8b,100,200,web" for each in range(20))
    (tmp_path / "t.csv").write_text("\n".join(["time,model,input_tokens,output_tokens,client", *rows]))
    asked = ("simulate", "prod", "--traffic", str(tmp_path / "t.csv"), "--seeds", "1", "--stacks", str(tmp_path))
    said = " ".join(run(*asked).stdout.split())
    found = json.loads(run(*asked, "--format", "json").stdout)
    refused = found["clients"]["web"]["limited"]
    assert refused > 0
    assert (
        f"LIMITED client web: {refused:.0f} of 20 requests got 429 at once; {refused:.0f} above concurrentRequests of 3"
        " (2 gateway pods admit 4 together, as each rounds its share up)"
    ) in said
    (higher,) = found["higher_limits"]
    assert higher["client"] == "web"
    assert higher["limited"] == {"old": refused, "new": 0}
    limit = higher["settings"]["concurrentRequests"]
    assert f"WHAT HIGHER LIMITS WOULD DO web concurrentRequests: {limit} 429 {refused:,.0f} → 0, p99" in said


def scheduled(folder: Path) -> Path:
    text = (PROJECT / "stacks" / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    window = '[{days: mon-fri, from: "08:00", to: "19:00", timezone: Europe/Amsterdam, min: 2}]'
    changed = text.replace("      llama-8b:\n", f"      llama-8b:\n        schedule: {window}\n", 1)
    assert changed != text
    (folder / "Pulumi.prod.yaml").write_text(changed, encoding="utf-8")
    return folder


def test_a_schedule_is_played_and_its_clock_is_said(tmp_path: Path) -> None:
    asked = ("simulate", "prod", "--rate", "0.01", "--seeds", "1", "--stacks", str(scheduled(tmp_path)))
    found = json.loads(run(*asked, "--format", "json").stdout)
    assert "the run begins on Monday at 00:00, Europe/Amsterdam" in " ".join(found["assumptions"])
    line = found["models"]["llama-8b"]["replicas"]["over_time"]
    assert [round(line[2 * hour]) for hour in (3, 7, 8, 12, 18, 20)] == [1, 1, 2, 2, 2, 1]


@pytest.mark.parametrize(("days", "weekend"), [(5, False), (6, True)])
def test_that_a_weekend_has_the_requests_of_other_days_is_said(tmp_path: Path, days: int, weekend: bool) -> None:
    plan = planned_or_exit("prod", scheduled(tmp_path))
    options = {"traffic": None, "pattern": None, "model": None, "seeds": None, "rate": "0.1", "days": str(days)}
    said = "Saturday and Sunday have as many requests as the other days"
    assert (said in assumptions(asked_of(options, plan), plan)) is weekend


def on_spot(folder: Path) -> Path:
    text = (PROJECT / "stacks" / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    pool = "l4: {instanceTypes: [g6.2xlarge]"
    assert pool in text
    (folder / "Pulumi.prod.yaml").write_text(text.replace(pool, f"{pool}, capacity: spot"), encoding="utf-8")
    return folder


def test_a_rollout_and_a_spot_node_that_goes_are_said(tmp_path: Path) -> None:
    events = ("--rollout", "llama-70b@13", "--interrupt", "l4@10.5")
    asked = ("simulate", "prod", "--rate", "0.01", "--seeds", "1", *events, "--stacks", str(on_spot(tmp_path)))
    done = run(*asked)
    said = " ".join(done.stdout.split())
    assert "llama-70b: hour 13 of the first run, all replicas are new" in said, done.stderr
    assert "taken back" in said
    assert "chance of 20 % per month" in said
    found = json.loads(run(*asked, "--format", "json").stdout)
    assert found["gpu_pools"]["l4"]["taken_back"] >= 1
    assert found["gpu_pools"]["l40s"]["taken_back"] is None
    assert found["models"]["llama-8b"]["replicas"]["min"] == 0


def test_a_stack_without_an_estimate_says_so() -> None:
    done = run("simulate", "local", "--rate", "1")
    assert done.exit_code == 3
    assert "NOTHING  no model of this stack can be simulated" in done.stdout
    assert "llama-1b  no estimate: on the CPU" in done.stdout
