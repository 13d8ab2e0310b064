"""Which of the facts that a plan uses have changed in the program."""

from pathlib import Path

import pytest

from infra.cli.diff.tables import facts
from infra.cli.document.marked import plain
from infra.diff.difference import Facts
from infra.diff.facts import changed_facts, changed_files, named_files, program_files
from infra.sides.types import Change, Side

DATA = "infra/catalog/data"
OLD = {
    f"{DATA}/aws/gpu_instances.csv": b"# a\ninstance_type,gpu,usd_per_hour\ng6.xlarge,L4,0.80\np5.48xlarge,H100,55\n",
    f"{DATA}/pins.toml": b'[charts.keda]\nversion = "2.20.2"\n',
    "infra/planning/cost.py": b"a = 1\n",
    "prices.csv": b"instance_type,usd_per_hour\ng6.xlarge,0.5\n",
}
NEW = {
    **OLD,
    f"{DATA}/aws/gpu_instances.csv": b"instance_type,gpu,usd_per_hour\ng6.xlarge,L4,0.90\np5.48xlarge,H100,60\n",
    f"{DATA}/pins.toml": b'[charts.keda]\nversion = "2.21.0"\n',
    "infra/planning/cost.py": b"a = 2\n",
    "prices.csv": b"instance_type,usd_per_hour\ng6.xlarge,0.6\n",
}


def test_rows_that_the_plan_speaks_of_with_both_values() -> None:
    found = changed_facts(changed_files(OLD, NEW), OLD, NEW, '{"instance_type": "g6.xlarge"}')
    assert found == {
        f"{DATA}/aws/gpu_instances.csv: g6.xlarge usd_per_hour": Change("0.80", "0.90"),
        f"{DATA}/pins.toml: charts.keda.version": Change("2.20.2", "2.21.0"),
        "infra/planning/cost.py": Change("code", "other code"),
        "prices.csv: g6.xlarge usd_per_hour": Change("0.5", "0.6"),
    }
    files = [path.partition(":")[0] for path in found]
    assert files == [f"{DATA}/aws/gpu_instances.csv", "prices.csv", f"{DATA}/pins.toml", "infra/planning/cost.py"]


def test_a_price_of_another_region_is_not_spoken_of() -> None:
    name = f"{DATA}/aws/region_prices.csv"
    head = b"instance_type,region,usd_per_hour\n"
    old = {name: head + b"g6.xlarge,us-east-1,0.8\ng6.xlarge,eu-central-1,1.0\n"}
    new = {name: head + b"g6.xlarge,us-east-1,0.9\ng6.xlarge,eu-central-1,1.1\n"}
    found = changed_facts([name], old, new, '{"region": "eu-central-1", "instance_type": "g6.xlarge"}')
    assert found == {f"{name}: g6.xlarge eu-central-1 usd_per_hour": Change("1.0", "1.1")}


def test_where_a_fact_is_from_is_no_fact() -> None:
    name = f"{DATA}/pins.toml"
    old = {name: b'date = "1"\n[a]\nsource = "x"\ndate = "1"\nvalue = 1\n'}
    new = {name: b'date = "2"\n[a]\nsource = "y"\ndate = "2"\nvalue = 2\n'}
    assert list(changed_facts([name], old, new, "")) == [f"{name}: a.value", f"{name}: date"]


def test_a_reader_sees_code_as_one_row_after_the_data() -> None:
    changed = {"prices.csv: a b": Change("1", "2"), "infra/a.py": Change("code", "other code")}
    rows = facts(Facts({**changed, "infra/b.py": Change(None, "other code")}, None))
    assert [plain(row[0]) for row in rows] == ["prices.csv: a b", "2 files of code"]


def test_files_that_a_stack_file_names_are_facts_too() -> None:
    models = {"a": {"architecture": "configs/a.json"}, "b": {"architecture": {"hidden_size": 1}}}
    platform = {"prices": {"table": "prices.csv"}, "models": models}
    assert named_files(Side(config={"llm-platform:platform": platform})) == {"prices.csv", "configs/a.json"}


@pytest.mark.parametrize("platform", [{"models": ["a"], "prices": 1}, {"models": {"a": 1}, "prices": {"table": 2}}])
def test_a_stack_file_that_is_wrong_names_none(platform: dict[str, object]) -> None:
    assert named_files(Side(config={"llm-platform:platform": platform})) == frozenset()


def test_only_files_of_the_project_are_read(tmp_path: Path) -> None:
    project, outside = tmp_path / "project", tmp_path / "prices.csv"
    (project / "data").mkdir(parents=True)
    for path in (outside, project / "prices.csv", project / "data/other.csv"):
        path.write_text("a", encoding="utf-8")
    (project / "link.csv").symlink_to(outside)
    names = ["prices.csv", str(outside), str(project / "prices.csv"), "../prices.csv", "link.csv"]
    names += ["/", ".", "data", "/dev/zero", "not there", "a\0b", "x" * 5000]
    assert program_files(project, frozenset(names)) == {"prices.csv": b"a"}
