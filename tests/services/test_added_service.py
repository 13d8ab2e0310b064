"""A service is added without a change to any file of the program; plan, report and diff include it."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.cli import files
from infra.cli.as_json import document
from infra.cli.diff.tables import users
from infra.cli.document.text import to_text
from infra.cli.report import report
from infra.diff.access import access_changed
from infra.diff.advice import advice
from infra.diff.difference import Difference, compare
from infra.offline import Planned
from infra.registry import added
from infra.settings.document import read_document
from infra.settings.mistakes import BadStackFile
from infra.sides.types import Side
from tests.example_stacks import plan_text, planned, text
from tests.services.search import SearchPlan, SearchService

SEARCH = SearchService()
STACK = "zonal"
WITHOUT = text(STACK).rstrip() + "\n"
FILE = WITHOUT + "        search: {size: 20Gi}\n"
SMALLER = FILE.replace("20Gi", "10Gi")
UNKNOWN = "acme:data:VectorStore"  # of a service that nobody registered, or that is gone from the program


def with_service(service: SearchService = SEARCH, stack_file: str = FILE) -> Planned:
    with added(service):
        return plan_text(STACK, stack_file)


def side(service: SearchService | None, stack_file: str = FILE) -> Side:
    if service is None:
        return Side(document(planned(STACK)), read_document(WITHOUT).config or {})
    return Side(document(with_service(service, stack_file)), read_document(stack_file).config or {})


def changed(
    old: SearchService | None, new: SearchService | None, stack_file: str = FILE, before: str | None = None
) -> Difference:
    sides = side(old, before or stack_file), side(new, stack_file)
    with added(SEARCH):
        return compare(STACK, *sides)


def test_it_is_made_beside_the_platform_and_moves_nothing_of_it() -> None:
    before = {made.urn: made for made in planned(STACK).recording.resources}
    after = {made.urn: made for made in with_service().recording.resources}
    own = {urn for urn in after if "acme:data:Search" in urn}
    endpoints = {urn for urn in after if "Endpoints$kubernetes:core/v1:ConfigMap" in urn}  # they say its outputs
    assert {urn.rpartition("::")[2] for urn in own} == {"search", "search-claim", "search-key", "search-deployment"}
    assert {urn: after[urn] for urn in after.keys() - own - endpoints} == {
        urn: made for urn, made in before.items() if urn not in endpoints
    }


def test_its_bill_outputs_files_and_report_are_there(tmp_path: Path) -> None:
    before, after = planned(STACK), with_service()
    (item,) = [each for each in after.plan.cost.items if each.name == "search volume"]
    assert after.plan.cost.usd_per_month_max == pytest.approx(before.plan.cost.usd_per_month_max + item.max)
    assert after.recording.outputs == {**before.recording.outputs, "search": dict(SEARCH.outputs(after.plan))}
    with added(SEARCH):
        said = to_text(report(after), 120)
        assert files.write(after, tmp_path).endswith("resources.json, search/schema.json")
    assert (tmp_path / "search" / "schema.json").read_text(encoding="utf-8") == "{}\n"
    assert "http://search.llm.svc.cluster.local:6333  4.0 million vectors" in said
    assert "Search 4 · " in " ".join(said.split())


def test_its_part_of_the_plan_stands_in_the_json() -> None:
    after = with_service()
    assert after.plan.parts == {"search": SearchPlan(20, 4.0)}
    assert document(after)["services"] == {"search": {"size_gib": 20, "million_vectors": 4.0}}
    assert document(planned(STACK))["services"] == {}


def test_what_it_finds_stands_beside_all_else() -> None:
    before, after = document(planned(STACK)), document(with_service())
    (warning,) = (each for each in after["warnings"] if each not in before["warnings"])
    (to_do,) = (each for each in after["to_do"] if each not in before["to_do"])
    assert "no model of the stack makes embeddings" in warning["message"]
    assert (to_do["path"], to_do["message"]) == ("search", "give the index a name")
    steps = [each.step for each in with_service().plan.to_do]
    assert steps == sorted(steps)


def test_the_budget_counts_it() -> None:
    bare = planned(STACK).plan.cost.usd_per_month_max
    budget = f"        budget: {{usdPerMonth: {bare + 1:.0f}, of: max}}\n"
    assert plan_text(STACK, WITHOUT + budget).plan.violations == ()
    assert [each.path for each in with_service(SEARCH, FILE + budget).plan.violations] == ["budget.usdPerMonth"]


def test_its_replacement_is_said_of_it_and_of_no_model() -> None:
    found = changed(SEARCH, replace(SEARCH, namespace="other"))
    (notice,) = found.services
    assert notice.service == "Search"
    assert notice.away
    assert "its claim is recreated and the data in it is lost" in notice.during
    assert "its Deployment is recreated" in notice.during
    assert "its Secret is recreated" in notice.during
    assert {each.event for each in found.notices} == {"nothing"}
    assert found.restarts == []
    assert users(found)[0][0].strip("\x04\x05") == "Search"


def test_its_data_is_guarded_under_its_own_name() -> None:
    moved = replace(SEARCH, namespace="other")
    found = changed(SEARCH, moved)
    assert [(each.name, each.act) for each in found.refused] == [("search", "replace")]
    (way,) = advice(found.old, found.new, found.refused, found.notices)
    assert way.startswith("Search loses the data in it")
    allowing = FILE + "        allow: {replace: [search]}\n"
    assert not changed(SEARCH, moved, allowing).fails


def test_allow_names_what_is_guarded_alone() -> None:
    allowing = WITHOUT + "        allow: {replace: [search]}\n"
    with pytest.raises(BadStackFile, match="'search' isn't the name of a guarded resource"):
        plan_text(STACK, allowing)


def test_its_volume_can_not_become_smaller() -> None:
    (finding,) = changed(SEARCH, SEARCH, SMALLER, before=FILE).in_place
    assert finding["path"] == "search"


def test_another_image_restarts_it_alone() -> None:
    found = changed(SEARCH, replace(SEARCH, image="docker.io/qdrant/qdrant:v1.16.0-unprivileged"))
    assert [(each.service, each.during, each.away) for each in found.services] == [
        ("Search", "its pods restart", False)
    ]
    assert found.refused == []
    assert found.restarts == []


def test_a_new_one_is_new_and_one_that_goes_is_guarded() -> None:
    assert [each.during for each in changed(None, SEARCH).services] == ["it is new"]
    gone = changed(SEARCH, None)
    assert "its Deployment is removed" in gone.services[0].during
    assert [(each.name, each.act) for each in gone.refused] == [("search", "remove")]


def test_an_unknown_component_is_shown_by_its_own_name() -> None:
    unknown = replace(SEARCH, token=UNKNOWN)
    found = changed(unknown, replace(unknown, namespace="other"))
    assert [each.service for each in found.services] == ["Vector store"]
    assert [each.name for each in found.refused] == ["vector-store"]
    assert {each.event for each in found.notices} == {"nothing"}


def test_access_names_the_services_own_pods() -> None:
    found = access_changed(side(None), side(SEARCH))
    assert "pods of search" in found["egress"]
    assert found["clients"] == {}
