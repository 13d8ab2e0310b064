"""`client add`, `rotate` and `revoke`: what they write, what they apply, and that no key is ever shown."""

import itertools
import json
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from infra.cli.client import change
from infra.cli.client.targets import targets
from infra.live.commands import shown
from infra.settings.mistakes import BadStackFile
from infra.stack_file import load_file
from tests.cli.running import run, write_stack
from tests.conftest import STACKS

WEB = "        web: {models: [llama-8b], namespace: shop, team: checkout}\n"
PROD = (STACKS / "Pulumi.prod.yaml").read_text(encoding="utf-8")
DOMAIN = "      domain: llm.example.com\n"
WITH_WEB = PROD.replace(DOMAIN, f"{DOMAIN}      clients:\n{WEB}        batch: {{}} # at night\n")
NOT_APPLIED = {"PATH": os.environ["PATH"].replace("/opt/engine/bin:", "")}


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    write_stack(tmp_path, WITH_WEB, "prod")
    return tmp_path


def client(action: str, name: str, *options: str, stacks: Path, environment: Mapping[str, str] = NOT_APPLIED) -> Result:
    """Only the file is written, unless `environment` has the Pulumi CLI."""
    no_up = ("--no-up",) if environment is NOT_APPLIED else ()
    return run("client", action, "prod", name, "--stacks", str(stacks), *options, *no_up, environment=environment)


def text(stacks: Path) -> str:
    return (stacks / "Pulumi.prod.yaml").read_text(encoding="utf-8")


WRITTEN = {
    ("add", "app", "--models", "llama-8b, helper", "--requests-per-minute", "60"): (
        "        batch: {} # at night\n",
        "        batch: {} # at night\n        app: {models: [llama-8b, helper], requestsPerMinute: 60}\n",
    ),
    ("add", "app"): (
        "        batch: {} # at night\n",
        "        batch: {} # at night\n        app: {models: all}\n",
    ),
    ("rotate", "web"): ("checkout}\n", "checkout, keys: [1, 2]}\n"),
    ("rotate", "batch"): ("{} # at night", "{keys: [1, 2]} # at night"),
    ("rotate", "default"): ("# at night\n", "# at night\n        default: {keys: [1, 2]}\n"),
    ("revoke", "web"): (WEB, ""),
}


@pytest.mark.parametrize("arguments", WRITTEN, ids=" ".join)
def test_only_the_lines_of_that_client_change(arguments: Sequence[str], stacks: Path) -> None:
    before, after = WRITTEN[tuple(arguments)]
    result = client(arguments[0], arguments[1], *arguments[2:], stacks=stacks)
    assert result.exit_code == 0, result.stderr
    assert text(stacks) == WITH_WEB.replace(before, after)
    assert result.stdout.startswith(str(stacks / "Pulumi.prod.yaml"))
    load_file(stacks / "Pulumi.prod.yaml")


def test_the_first_client_of_a_stack(tmp_path: Path) -> None:
    write_stack(tmp_path, PROD, "prod")
    assert client("add", "web", stacks=tmp_path).exit_code == 0
    added = "      clients:\n        web: {models: all}\n"
    assert text(tmp_path) == PROD.replace("    budget:", f"{added}    budget:")


def test_the_second_rotation_takes_the_old_key_out_with_its_secret(stacks: Path) -> None:
    given = "  llm-platform:clientKey-web-1: {secure: v1:a}\n  llm-platform:clientKey-web-2: {secure: v1:b}\n"
    twice = WITH_WEB.replace("checkout}", "checkout, keys: [1, 2]}") + given
    write_stack(stacks, twice, "prod")
    result = client("rotate", "web", stacks=stacks)
    assert text(stacks) == twice.replace("[1, 2]", "[2]").replace(given.splitlines()[0] + "\n", "")
    assert "Key 2 alone is valid. A key that was taken out still passes" in result.stdout
    assert "at most 90 seconds" in result.stdout
    assert "annotate pods -n llm -l app.kubernetes.io/component=gateway --overwrite" in result.stdout


def test_a_revoked_client_takes_its_given_keys_with_it(stacks: Path) -> None:
    write_stack(stacks, WITH_WEB + "  llm-platform:clientKey-web-1: {secure: v1:a}\n", "prod")
    assert client("revoke", "web", stacks=stacks).exit_code == 0
    assert text(stacks) == WITH_WEB.replace(WEB, "")


REFUSED = {
    ("add", "web"): (2, ["there already: `client rotate prod web`"]),
    ("add", "web", "--models", "lama-8b", "--requests-per-minute", "0", "--namespace", "Shop"): (
        2,
        ["4 mistakes", "there already", "no model or adapter lama-8b", "write llama-8b", 'got "Shop"', "number 0"],
    ),
    ("add", "Web Shop"): (2, ["bad name", "write web-shop"]),
    ("add", "none", "--models", ","): (2, ["gateway.clients.none.models"]),
    ("add", "default"): (2, ["there already: `client rotate prod default`"]),
    ("rotate", "wbe"): (2, ["no such client; did you mean web?"]),
    ("rotate", "zzz"): (2, ["no such client; clients are batch, default, web"]),
    ("revoke", "wbe"): (2, ["no such client; did you mean web?"]),
    ("revoke", "default"): (2, ["goes with the next release", "`client rotate prod default`"]),
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_is_wrong_is_said_at_once_and_nothing_is_written(arguments: Sequence[str], stacks: Path) -> None:
    code, said = REFUSED[tuple(arguments)]
    result = client(arguments[0], arguments[1], *arguments[2:], stacks=stacks)
    assert (result.exit_code, result.stdout) == (code, "")
    words = " ".join(result.stderr.split())
    assert all(each in words for each in said), result.stderr
    assert "nothing was written" in words
    assert text(stacks) == WITH_WEB


@pytest.mark.parametrize("without", [PROD, PROD[: PROD.index("    gateway:")] + PROD[PROD.index("    budget:") :]])
def test_the_last_client_leaves_the_file_as_it_was_before_the_first(stacks: Path, without: str) -> None:
    """Also where the gateway has no other key."""
    write_stack(stacks, without, "prod")
    for action, name in (("add", "web"), ("add", "batch"), ("revoke", "web"), ("revoke", "batch")):
        result = client(action, name, stacks=stacks)
        assert result.exit_code == 0, result.stderr
    assert text(stacks) == without


@pytest.mark.parametrize(
    ("more", "says"),
    [("expose: public", "public without clients"), ("defaultClient: false", "no clients: nobody could call a model")],
)
def test_the_last_client_stays_where_the_stack_needs_one(stacks: Path, more: str, says: str) -> None:
    needs = PROD.replace(DOMAIN, f"{DOMAIN}      {more}\n      clients:\n{WEB}")
    write_stack(stacks, needs, "prod")
    result = client("revoke", "web", stacks=stacks)
    assert (result.exit_code, text(stacks)) == (2, needs)
    assert says in " ".join(result.stderr.split())


def test_a_plan_that_breaks_a_rule_is_not_written(stacks: Path) -> None:
    broken = WITH_WEB.replace("usdPerMonth: 30000", "usdPerMonth: 1")
    write_stack(stacks, broken, "prod")
    result = client("rotate", "web", stacks=stacks)
    assert result.exit_code == 1
    assert "budget.usdPerMonth" in result.stderr
    assert text(stacks) == broken


def test_a_wrong_file_is_reported_as_plan_does(stacks: Path) -> None:
    write_stack(stacks, WITH_WEB.replace("zones:", "zonse:"), "prod")
    result = client("rotate", "web", stacks=stacks)
    assert result.exit_code == 2
    assert "did you mean zones?" in result.stderr
    with pytest.raises(BadStackFile):
        change("rotate", stacks / "Pulumi.pord.yaml", "web", {})


def test_a_form_that_only_a_person_can_change_is_left_to_one(stacks: Path) -> None:
    shared = (
        WITH_WEB.replace("        batch: {}", "        batch: &b {}")
        .replace(WEB, "")
        .replace("# at night\n", "\n        web: *b\n")
    )
    write_stack(stacks, shared, "prod")
    result = client("rotate", "web", stacks=stacks)
    assert result.exit_code == 2
    assert "by hand" in result.stderr
    assert text(stacks) == shared


@pytest.mark.parametrize("action", ["add", "rotate", "revoke"])
def test_only_what_belongs_to_clients_is_a_target_and_nothing_that_differs_is_left_out(
    action: str, stacks: Path
) -> None:
    name = {"add": "app"}.get(action, "web")
    changed = change(action, stacks / "Pulumi.prod.yaml", name, {"models": ["helper"]} if action == "add" else {})
    old = {each.urn: each for each in changed.before.recording.resources}
    new = {each.urn: each for each in changed.after.recording.resources}
    found = targets(changed.before.recording, changed.after.recording, name)
    assert {urn for urn in old | new if old.get(urn) != new.get(urn)} <= set(found)
    types = {urn.split("::")[2].rpartition("$")[2] for urn in found}
    assert types <= {
        "llm:kubernetes:ClientKeys",
        "random:index/randomPassword:RandomPassword",
        "kubernetes:core/v1:Secret",
        "kubernetes:core/v1:ConfigMap",
    }
    names = {urn.rpartition("::")[2] for urn in found}
    assert {"gateway-proxy-clients", f"client-{name}-secret"} <= names
    assert "gateway-proxy-bootstrap" not in names  # it would replace the gateway's pods


def test_the_secrets_of_version_1_follow_the_client_default_alone(stacks: Path) -> None:
    for name, there in (("default", True), ("web", False)):
        changed = change("rotate", stacks / "Pulumi.prod.yaml", name, {})
        found = {urn.rpartition("::")[2] for urn in targets(changed.before.recording, changed.after.recording, name)}
        assert {"llama-8b-api-key", "llama-70b-api-key"} <= found if there else not any("api-key" in n for n in found)


def fake_pulumi(folder: Path, *, state: Any, up: int = 0) -> dict[str, str]:
    """The CLI as far as the command needs it: it exports a state, and records how `up` was called."""
    folder.mkdir()
    (folder / "state.json").write_text(json.dumps({"deployment": {"resources": state}}))
    program = folder / "pulumi"
    program.write_text(
        f"""#!/bin/sh
case "$*" in
  *export*) cat {folder}/state.json ;;
  *) printf '%s\\n' "$@" > {folder}/called; echo "updating"; exit {up} ;;
esac
"""
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return {"PATH": f"{folder}:{NOT_APPLIED['PATH']}"}


DEPLOYED = [
    {
        "urn": "urn:pulumi:prod::renamed::llm:kubernetes:GatewayProxy::gateway-proxy",
        "type": "llm:kubernetes:GatewayProxy",
    }
]


@pytest.mark.programs
def test_up_gets_exactly_the_targets_with_the_project_s_own_name(stacks: Path, tmp_path: Path) -> None:
    environment = fake_pulumi(tmp_path / "bin", state=DEPLOYED)
    result = client("rotate", "web", "--format", "json", stacks=stacks, environment=environment)
    assert result.exit_code == 0, result.stderr
    called = (tmp_path / "bin" / "called").read_text().splitlines()
    assert called[:6] == ["up", "-s", "prod", "--yes", "--skip-preview", "--refresh=false"]
    assert called[called.index("--config-file") + 1] == str(stacks / "Pulumi.prod.yaml")
    urns = [urn for flag, urn in itertools.pairwise(called) if flag == "--target"]
    assert [urn.rpartition("::")[2] for urn in urns] == [
        "client-web-secret",
        "client-web-secret-elsewhere",
        "client-web-key-1",
        "client-web-key-2",
        "client-web",
        "gateway-proxy-clients",
    ]
    assert all(urn.startswith("urn:pulumi:prod::renamed::") for urn in urns)
    # The namespace may not be there yet: `up` refuses a URN that it doesn't find, and takes a pattern.
    assert [urn for urn in urns if "*" in urn] == [urn for urn in urns if urn.endswith("-elsewhere")]
    said = json.loads(result.stdout)
    assert (said["applied"], said["not_applied"], said["keys"]) == (True, None, [1, 2])
    assert said["secret"] == {"name": "llm-client-web", "namespaces": ["llm", "shop"], "key": "OPENAI_API_KEY"}


NOT_DEPLOYED = {
    "up fails": (DEPLOYED, 1, 3, "`pulumi up` failed"),
    "never deployed": ([], 0, 0, "never deployed"),
}


@pytest.mark.programs
@pytest.mark.parametrize("case", NOT_DEPLOYED)
def test_what_was_not_applied_says_how_to_go_on(case: str, stacks: Path, tmp_path: Path) -> None:
    state, up, code, why = NOT_DEPLOYED[case]
    environment = fake_pulumi(tmp_path / "bin", state=state, up=up)
    result = client("rotate", "web", stacks=stacks, environment=environment)
    assert result.exit_code == code
    assert why in result.stdout
    assert "  pulumi up -s prod" in result.stdout
    assert "keys: [1, 2]" in text(stacks)


def test_without_the_cli_and_with_no_up_the_command_is_printed(stacks: Path) -> None:
    for code, environment in ((3, dict(NOT_APPLIED)), (0, NOT_APPLIED)):
        write_stack(stacks, WITH_WEB, "prod")
        result = client("rotate", "web", stacks=stacks, environment=environment)
        assert result.exit_code == code
        assert "Not applied: " in result.stdout
        assert "  pulumi up -s prod --yes --skip-preview --refresh=false --config-file" in result.stdout
        assert "'urn:pulumi:prod::llm-platform::llm:kubernetes:ClientKeys$" in result.stdout


def test_a_revoked_client_that_is_not_applied_says_that_its_keys_are_valid(stacks: Path) -> None:
    result = client("revoke", "web", "--no-up", stacks=stacks)
    assert "Once it is applied: web is no client any more" in result.stdout
    assert "Until then its keys are valid, also for a client web that is added before." in result.stdout


@pytest.mark.programs
def test_ctrl_c_lets_pulumi_end_in_its_own_time(tmp_path: Path) -> None:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\nkill -INT $PPID\nsleep 0.5\necho ended > ended\nexit 7\n")
    program.chmod(0o755)
    assert shown(str(program), folder=tmp_path) == 7
    assert (tmp_path / "ended").exists()


def test_a_copied_secret_is_updated_and_removed_by_hand(tmp_path: Path) -> None:
    stack = (STACKS / "Pulumi.local.yaml").read_text(encoding="utf-8").rstrip()
    write_stack(tmp_path, f"{stack}\n    gateway: {{clients: {{web: {{namespace: shop}}, b: {{}}}}}}\n", "prod")
    rotated = client("rotate", "web", stacks=tmp_path).stdout
    assert "label namespace" not in rotated
    assert "| kubectl --context kind-llm apply --server-side -n shop -f -" in rotated
    revoked = client("revoke", "web", stacks=tmp_path).stdout
    assert "`kubectl --context kind-llm delete secret llm-client-web -n shop`" in revoked


def test_a_revoked_client_says_to_take_the_label_off_a_namespace_that_no_other_client_has(stacks: Path) -> None:
    label = "`kubectl label namespace shop llm-platform/client-`"
    for others, said in (("", True), ("        other: {namespace: shop}\n", False)):
        write_stack(stacks, WITH_WEB.replace(WEB, WEB + others), "prod")
        assert (label in client("revoke", "web", stacks=stacks).stdout) == said


def test_the_chosen_limits_of_others_that_change_are_said(stacks: Path) -> None:
    alone = WITH_WEB.replace(
        "        batch: {} # at night\n", "        hr: {models: [helper], concurrentRequests: 9}\n"
    )
    alone = alone.replace(DOMAIN, f"{DOMAIN}      defaultClient: false\n")
    write_stack(stacks, alone, "prod")
    said = json.loads(client("add", "app", "--models", "llama-8b", "--format", "json", stacks=stacks).stdout)
    web = said["limits_of_others"]["web"]
    assert list(said["limits_of_others"]) == ["web"]
    assert web["before"][0] == 4 * web["after"][0]
    write_stack(stacks, alone, "prod")
    shown_text = client("add", "app", "--models", "llama-8b", stacks=stacks).stdout
    assert f"Chosen limits of others change: web {web['before'][0]:,} -> {web['after'][0]:,} at once" in shown_text
    write_stack(stacks, alone, "prod")
    assert "Chosen limits" not in client("add", "app", "--models", "embed", stacks=stacks).stdout
