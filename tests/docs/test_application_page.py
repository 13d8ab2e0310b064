"""What docs/application.md says about errors matches its own code and the engines."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from infra.engines import ENGINES
from infra.output_contract import ModelEndpoint
from infra.services.access.client_secrets import secret_name
from infra.services.gateway.envoy.external import SCRIPT
from infra.services.gateway.envoy.files import files
from infra.services.gateway.envoy.place import in_pod
from tests.components.examples import CHAT
from tests.gateway.plans import client, custom, traffic, upstream

PAGE = (Path(__file__).parents[2] / "docs" / "application.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", PAGE.partition("| you see |")[2], flags=re.MULTILINE)


def _errors() -> Iterator[tuple[str, str]]:
    """(code, status) of each error that the gateway's files have, for a plan that has every kind of them."""
    models = (
        upstream("small", 1),
        upstream("paused", 1, paused=True),
        upstream("other", 1),
        upstream("asleep", 1, held_seconds=9),
    )
    own = {name: custom(name, 1, audio=True) for name in ("mine", "theirs")}
    plan = traffic((client("app", ("asleep", "paused", "small"), custom=("mine",)),), models, custom=own)
    found = [json.loads(text) for text in files(plan, in_pod("llm")).values()]
    while found:
        each = found.pop()
        found += each.values() if isinstance(each, dict) else each if isinstance(each, list) else []
        for status, body in (("status", "body_format"), ("status_code", "body_format_override")):
            if isinstance(each, dict) and "error" in each.get(body, {}).get("json_format", {}):
                yield each[body]["json_format"]["error"]["code"], str(each[status])
    yield from ((code, status) for status, code in re.findall(r'\{(\d+), "(external_\w+)"', SCRIPT))


ERRORS = set(_errors())


def test_every_status_that_the_code_asks_again_for_is_explained() -> None:
    (statuses,) = re.findall(r"status_code not in \(([\d, ]+)\)", PAGE)
    explained = {status for seen, _, _ in ROWS for status in re.findall(r"\d{3}", seen)}
    assert set(statuses.split(", ")) <= explained | {status for _, status in ERRORS}
    assert {"400", "422", "500"} <= explained


def test_a_prompt_that_is_too_long_is_no_error_of_a_model_that_says_so_in_its_outputs() -> None:
    assert "truncates_prompts" in ModelEndpoint.model_fields
    assert [cause for seen, cause, _ in ROWS if seen.startswith("200") and "`truncates_prompts`" in cause]


def test_every_error_of_the_gateway_is_explained_with_its_status() -> None:
    """The table has no code that the gateway doesn't answer."""
    explained = {
        (code, status)
        for codes, statuses in re.findall(r"^\| (`[^|]+) \| ([\d, ]+) \|", PAGE, flags=re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
        for status in statuses.split(", ")
    }
    assert {code for code, _ in explained} == {code for code, _ in ERRORS}
    assert explained >= ERRORS


def test_a_client_is_said_to_have_the_secret_that_it_has() -> None:
    assert f"secret {secret_name('web-shop')} -n" in PAGE


def test_a_name_of_the_outputs_is_sent_as_it_is() -> None:
    assert f"--served-model-name {CHAT.name}" in " ".join(ENGINES["vllm"].args(CHAT))
