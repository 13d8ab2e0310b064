"""The to-dos of a change, in addition to those of the new plan."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.cli.diff.resource_rows import resources
from infra.cli.diff.verdict import headline, mark
from infra.cli.document.marked import markdown
from infra.diff.difference import Difference, compare
from infra.diff.second_addons import SECONDS
from infra.diff.side_by_side import not_lowered
from infra.services.addons.plan import ADDONS
from tests.diff.stacks import base, edited, side

CERTIFICATE = "arn:aws:acm:us-west-2:111122223333:certificate/5f0c0000-0000-4000-8000-000000000009"
REVISION = "5617a9f61b028005a4858fdac845db406aefb181"
EMBED = {"model": "BAAI/bge-m3", "pool": "l4"}
RERANK = {"model": "BAAI/bge-reranker-v2-m3", "pool": "l4"}
ELSEWHERE = {"aws:region": "us-west-2", "cluster.create.zones": 2, "gateway.certificateArn": CERTIFICATE}

WEB = {"domain": "llm.example.com", "clients": {"web": {}}}


def changed(after: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Difference:
    before = before or {}
    return compare("cloud", side("cloud", edited("cloud", before)), side("cloud", edited("cloud", {**before, **after})))


def asked(difference: Difference, path: str) -> list[str]:
    found = [each["message"] for each in difference.to_do.introduced if each["path"] == path]
    return [each for each in found if "write your own" not in each and "is in account" not in each]


@pytest.mark.parametrize(
    ("edit", "path", "says"),
    [
        (
            {"gateway.expose": "public", "gateway.clients": {"web": {}}},
            "gateway.domain",
            "CNAME records from llm.example.com and *.llm.example.com to the stack output",
        ),
        (ELSEWHERE, "gateway.domain", "CNAME records from llm.example.com and *.llm.example.com to the stack output"),
        (ELSEWHERE, "gateway.certificateArn", "the certificate has to cover llm.example.com and *.llm.example.com"),
        ({"gateway.domain": "ai.acme.eu"}, "gateway.domain", "CNAME records from ai.acme.eu and *.ai.acme.eu"),
        ({"gateway.timeoutSeconds": 600}, "gateway.domain", None),
        ({"models.code.maxModelLen": 8192}, "gateway.domain", None),
        ({"gateway": None}, "gateway.domain", None),
    ],
)
def test_a_load_balancer_at_another_address_asks_for_its_name(
    edit: dict[str, Any], path: str, says: str | None
) -> None:
    found = [each for each in asked(changed(edit), path) if "remove the DNS records" not in each]
    assert len(found) == (says is not None)
    assert all(says in each for each in found if says)


@pytest.mark.parametrize(
    ("edit", "asks"),
    [
        ({"gateway.domain": "ai.acme.eu"}, True),
        ({"gateway": None}, True),
        ({"gateway": {"expose": "cluster"}}, True),
        ({"gateway.timeoutSeconds": 600}, False),
    ],
)
def test_the_records_of_a_domain_that_goes_are_removed(edit: dict[str, Any], asks: bool) -> None:
    found = [each for each in asked(changed(edit), "gateway.domain") if "remove the DNS records" in each]
    assert len(found) == asks
    assert all("of llm.example.com and *.llm.example.com, once nobody calls" in each for each in found)


def test_secrets_that_nothing_names_any_more_are_revoked_and_removed() -> None:
    there = {
        "llm-platform:externalKey-gpt": {"secure": "v1:a"},
        "llm-platform:alertKey-ops": {"secure": "v1:b"},
        "external": {
            "gpt": {"baseUrl": "https://api.openai.com/v1", "model": "gpt-4o", "keySecret": "externalKey-gpt"}
        },
        "gateway.clients": {"web": {"models": ["all", "gpt"]}},
        "monitoring.alerts": {
            "receivers": {"ops": {"pagerduty": {"keySecret": "alertKey-ops"}}},
            "route": {"critical": "ops"},
        },
    }
    gone = {"gateway.clients": {"web": {}}}
    difference = compare("cloud", side("cloud", edited("cloud", there)), side("cloud", edited("cloud", gone)))
    for name in ("externalKey-gpt", "alertKey-ops"):
        (said,) = asked(difference, name)
        assert f"`pulumi config rm {name} -s cloud` removes it" in said
        assert asked(compare("cloud", difference.old, difference.old), name) == []


@pytest.mark.parametrize(
    ("stack", "edit", "said"),
    [
        ("own", {"gateway.expose": "public"}, True),
        ("own", {"gateway.timeoutSeconds": 600}, False),
        ("cloud", {"gateway.expose": "public"}, False),
        ("cloud", {"gateway": {"expose": "public", "ingressClass": "nginx", "tlsSecret": "tls", **WEB}}, True),
    ],
)
def test_public_by_a_class_of_ones_own_is_in_the_title(stack: str, edit: dict[str, Any], said: bool) -> None:
    """Nothing that the program writes for such a controller makes the models public, or keeps them from being it."""
    before = {"gateway.clients": WEB["clients"]}
    difference = compare(stack, side(stack, edited(stack, before)), side(stack, edited(stack, {**before, **edit})))
    words = "the Ingress class `nginx` decides whether the internet reaches the models, and not `expose`"
    assert (words in markdown(headline(difference))) == said
    assert not said or mark(difference) == "⚠️"


def test_a_load_balancer_service_instead_of_an_ingress_is_at_another_address() -> None:
    direct = edited("own", {"gateway.ingressClass": None, "gateway.loadBalancer": True})
    (said,) = asked(compare("own", base("own"), side("own", direct)), "gateway.domain")
    assert "the load balancer is recreated at another address" in said


@pytest.mark.parametrize(
    ("model", "edit", "path"),
    [
        (EMBED, {"model": "intfloat/multilingual-e5-large"}, "models.x.model"),
        (EMBED, {"revision": REVISION}, "models.x.revision"),
        (EMBED, {"maxModelLen": 4096}, None),
        (RERANK, {"revision": REVISION}, None),  # it scores pairs, and nobody stores scores
    ],
)
def test_vectors_of_another_model_are_computed_again(
    model: dict[str, Any], edit: dict[str, Any], path: str | None
) -> None:
    difference = changed({"models.x": {**model, **edit}}, {"models.x": model})
    found = {each["path"] for each in difference.to_do.introduced if "compute them again" in each["message"]}
    assert found == ({path} if path else set())


def test_requests_that_are_too_long_now_are_in_the_title() -> None:
    difference = changed({"models.code.maxModelLen": 8192, "models.code.kvCacheDtype": "fp8"})
    assert mark(difference) == "⚠️"
    title = markdown(headline(difference))
    assert "another KV cache is used by `code`; `code` refuses requests over 8,192 tokens" in title


def test_each_model_is_shown_with_its_own_change() -> None:
    title = headline(changed({"models.code.kvCacheDtype": "fp8", "models.chat.revision": REVISION}))
    assert "2 models" not in title


def test_a_quota_that_falls_asks_for_nothing() -> None:
    more = {"models.x": {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 8192}}
    of_quotas = [asked(compare("cloud", *sides), "gpuPools") for sides in _both_ways(more)]
    assert [any("quota" in each for each in found) for found in of_quotas] == [True, False]


def test_a_quota_is_known_by_its_code_and_not_by_words() -> None:
    more = {"models.x": {"model": "Qwen/Qwen3-8B", "pool": "l4", "maxModelLen": 8192}}
    (quota,) = [each for each in changed(more).to_do.introduced if each["quota"]]
    reworded = {**quota, "message": "ask for more"}
    _, down = _both_ways(more)
    assert list(not_lowered([quota, reworded], *down)) == []


def _both_ways(edit: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    there, more = base("cloud"), side("cloud", edited("cloud", edit))
    return [(there, more), (more, there)]


def test_a_resource_whose_options_change_too_is_one_entry() -> None:
    difference = changed({"models.x": {**EMBED, "model": "intfloat/multilingual-e5-large"}}, {"models.x": EMBED})
    entries = [row[1] for row in resources(difference) if row[1]]
    assert difference.resources.options
    assert len(entries) == len(set(entries))
    assert any("options." in row[2] for row in resources(difference))


TOO_LONG = {"models.chat.maxModelLen": 40960, "models.chat.concurrency": 8}


def test_of_a_plan_that_is_refused_no_warning_is_gone() -> None:
    """Such a plan ends before its warnings are printed: that they are missing says nothing."""
    difference = changed({**TOO_LONG, "models.code.revision": REVISION})
    assert difference.broken
    assert difference.warnings.fixed == ()
    assert changed({"models.code.revision": REVISION}).warnings.fixed


def test_a_model_that_fits_no_more_is_said_to() -> None:
    (notice,) = [each for each in changed(TOO_LONG).notices if each.model == "chat"]
    assert "doesn't fit any more" in notice.afterwards
    assert not any("for certain" in each for each in notice.afterwards)


MISFIT = {"model": "Qwen/Qwen2.5-Coder-32B-Instruct", "pool": "l4", "maxModelLen": 8192}
NO_PLACE = {"model": "deepseek-ai/DeepSeek-R1", "maxModelLen": 8192, "gpus": 8}
NO_FIT_NO_START = {
    "of one that no pool can run": ({"models.x": NO_PLACE}, {}, "x"),
    "of one that runs": (TOO_LONG, {}, "chat"),
    "of another pool": ({"models.code.pool": "l4"}, {}, "code"),
    "of a new one": ({"models.x": MISFIT}, {}, "x"),
    "of one that starts again": ({"models.x": MISFIT}, {"models.x": {**MISFIT, "paused": True}}, "x"),
}


@pytest.mark.parametrize("name", NO_FIT_NO_START)
def test_a_pod_of_a_model_that_does_not_fit_never_starts(name: str) -> None:
    edit, before, model = NO_FIT_NO_START[name]
    difference = changed(edit, before)
    (notice,) = [each for each in difference.notices if each.model == model]
    assert "a new pod doesn't start: the model doesn't fit" in notice.during
    assert not notice.starts
    assert notice.seconds is None
    title = markdown(headline(difference))
    assert f"`{model}` doesn't start" in title
    assert f"`{model}` down" not in title


def test_a_model_that_does_not_fit_and_is_paused_starts_no_pod() -> None:
    (notice,) = [each for each in changed({"models.x": {**MISFIT, "paused": True}}).notices if each.model == "x"]
    assert notice.during == "paused: no pod runs"


EXISTING = {"addons": {"prometheus": {"existing": {"url": "http://kps-prometheus.monitoring:9090"}}}}


@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [
        (EXISTING, {"addons": {"prometheus": "install"}}, {"prometheus": "node-exporter can't start"}),
        ({}, {"addons": {"keda": "install", "metricsServer": "install"}}, {"keda": "Helm", "metricsServer": "Helm"}),
        (
            {"addons": {"nvidiaDevicePlugin": {"existing": {"namespace": "gpu"}}}},
            {"addons": {"keda": "install"}},
            {"keda": "Helm"},
        ),
        ({"addons": {"keda": "disabled"}}, {"addons": {"keda": "install"}}, {}),
        ({"addons": {"keda": "install"}}, {"addons": {"keda": "install", "prometheus": "existing"}}, {}),
        ({}, {"addons": {"keda": "install"}, "cluster": {"existing": {"context": "another"}}}, {}),
    ],
)
def test_an_addon_that_the_cluster_had_already_is_looked_for_before_a_second_one(
    before: dict[str, Any], after: dict[str, Any], asks: dict[str, str]
) -> None:
    old, new = (side("own", edited("own", each)) for each in (before, after))
    difference = compare("own", old, new)
    found = {
        each["path"]: each["message"] for each in difference.to_do.introduced if "somebody else" in each["message"]
    }
    assert found.keys() == {f"addons.{key}" for key in asks}
    assert all(says in found[f"addons.{key}"] for key, says in asks.items())
    assert all("`kubectl --context kind-llm get deployments,daemonsets -A" in each for each in found.values())
    assert ("may install a second" in markdown(headline(difference))) == bool(asks)
    assert not asks or mark(difference) == "⚠️"


def test_every_addon_of_the_stack_file_says_what_two_of_it_do() -> None:
    assert SECONDS.keys() == ADDONS.keys() - {"nvidiaDevicePlugin"}  # of which each plan asks it
