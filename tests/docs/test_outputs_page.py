"""The programs that docs/outputs.md shows read what the outputs promise."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest
from ruamel.yaml import YAML

from infra.output_contract import VERSIONS, PlatformOutputs
from infra.recording import record
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import planned
from tests.invariants.reading import walk
from tests.outputs.contract import described

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "outputs.md").read_text(encoding="utf-8")
TYPESCRIPT = (DOCS / "outputs/typescript/index.ts").read_text(encoding="utf-8")
PROMISED = described(PlatformOutputs.model_json_schema())
IN_TYPESCRIPT = {"integer": "number", "string": "string", "boolean": "boolean", "null": "null"}


def test_every_field_of_the_contract_is_on_the_page() -> None:
    table = PAGE.partition("| output |")[2].partition("\n\n")[0]
    named = {name.replace("NAME", "*") for name in re.findall(r"`([\w.]+)`", table)}
    inside = (
        "models.*.api_key_secret.",
        "models.*.dimensions.",
        "gateway.clients.*.secret.",
    )  # said with the object that they are in
    top = {path for path in PROMISED if not path.startswith(inside)} - {"models", "gateway", "gateway.clients"}
    assert named & PROMISED.keys() == top


def test_the_python_program_runs() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    outputs = planned("prod").recording.outputs
    seen = record(lambda: exec(program, {}), stack="dev", stacks={"acme/llm-platform/prod": outputs}).outputs
    assert seen == {"base_url": "https://llm.example.com/v1", "model": "llama-8b", "secret": "llm-client-default"}


def test_the_python_program_is_stopped_as_the_page_says() -> None:
    outputs = planned("prod").recording.outputs
    stopped = re.findall(r"`platform\.(\w+\(.*?\))` \| stops: `(acme/.*?)`", PAGE)
    assert len(stopped) == 2
    for asked, sentence in stopped:
        program = f"from llm_platform import *; PlatformOutputs.from_stack('acme/llm-platform/prod').{asked}"
        with pytest.raises(pulumi.RunError, match=re.escape(sentence)):
            record(lambda program=program: exec(program, {}), stack="dev", stacks={"acme/llm-platform/prod": outputs})


def test_the_typescript_program_reads_what_is_promised() -> None:
    read = set(re.findall(r'getOutput\("(\w+)"\)', TYPESCRIPT))
    assert read == {"versions", "models", "gateway"}
    assert read <= PROMISED.keys()
    for of, path in (("Model", "models.*"), ("Gateway", "gateway")):
        (fields,) = re.findall(rf"interface {of} \{{\n(.*?)\n\}}", TYPESCRIPT, flags=re.DOTALL)
        for name, hint in re.findall(r"^    (\w+)\??: ([\w |]+);", fields, flags=re.MULTILINE):
            assert set(hint.split(" | ")) == {IN_TYPESCRIPT[kind] for kind in PROMISED[f"{path}.{name}"]["type"]}
    assert {"gateway.clients.*.secret.name", "gateway.clients.*.models"} <= PROMISED.keys()
    assert f"const VERSION = {VERSIONS[-1]};" in TYPESCRIPT


@pytest.mark.programs
@pytest.mark.skipif(
    not (DOCS / "outputs/typescript/node_modules").exists() or shutil.which("npm") is None,
    reason="needs npm install in docs/outputs/typescript",
)
def test_the_typescript_program_has_no_type_errors() -> None:
    check = ["npm", "run", "check"]
    run = subprocess.run(check, cwd=DOCS / "outputs/typescript", capture_output=True, text=True, timeout=HANGS_SECONDS)
    assert run.returncode == 0, run.stdout


def test_the_yaml_program_reads_what_is_promised() -> None:
    program: Any = YAML(typ="safe").load(DOCS / "outputs/yaml/Pulumi.yaml")
    assert program["resources"]["platform"]["type"] == "pulumi:pulumi:StackReference"
    texts = [value for _, value in walk(program) if isinstance(value, str) and "platform.outputs" in value]
    paths = [re.sub("llama-8b|web-shop", "*", ".".join(re.findall(r'\["([^"]+)"\]', text))) for text in texts]
    assert sorted(paths) == [
        "gateway.base_url_in_cluster",
        "gateway.clients.*.secret.name",
        "models.*.model",
        "versions",
    ]
    assert set(paths) <= PROMISED.keys()
    assert not program["config"].keys() & program["resources"].keys()  # one name for both is refused
