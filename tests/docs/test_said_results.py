"""What a page says in its text about a command's output; and what `pulumi` and `kubectl` read from the outputs."""

import json
import re
from typing import Any

import pytest

from tests.cli.running import run
from tests.docs.claims import AN_HOUR, CHEAPEST, Claim, missing
from tests.docs.pages import ROOT, blocks_in
from tests.example_stacks import planned

SAID = {
    ("README.md", "llm-platform plan --help"): Claim((r"text\|json\|markdown", "--out DIR", "--pin")),
    ("README.md", "llm-platform fit Qwen/Qwen3-32B --max-model-len 32768 --concurrency 4"): Claim(
        (CHEAPEST,), in_order=AN_HOUR
    ),
    ("README.md", "llm-platform schema stack"): Claim((r'"gpuPools"', r'"models"')),
    ("docs/outputs.md", "llm-platform schema outputs"): Claim((r'"base_url"', r'"version"')),
    ("docs/platform/cut-off.md", "llm-platform repair --help"): Claim(("shows what it\\s+found, and asks", "--yes")),
}


@pytest.mark.parametrize(("page", "command"), SAID)
def test_a_command_in_a_sentence_prints_what_the_sentence_says(page: str, command: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert command.removesuffix(" --help") in text
    done = run(*command.split()[1:], environment={"COLUMNS": "110"})
    assert done.exit_code == 0
    assert missing(SAID[page, command], done.output, ROOT) == []


OUTPUTS = planned("prod").recording.outputs
READ = [line.strip() for block in blocks_in("sh") for line in block.text.splitlines() if "stack output" in line]


@pytest.mark.parametrize("line", sorted(set(READ)))
def test_an_output_that_a_page_reads_is_there_with_what_it_names(line: str) -> None:
    """The output, the fields in its comment, and the path that jq takes."""
    (output,) = re.findall(r"stack output (\w+)", line)
    value: Any = OUTPUTS[output]
    comment = line.partition(" # ")[2]
    for field in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", comment):
        assert all(field in each for each in (value.values() if output == "models" else [value]))
    for path in re.findall(r"jq -r '\.(.*?)'", line):
        for key in (part.strip('"') for part in path.split(".")):
            value = value[key]
        assert isinstance(value, str)
        assert value.startswith("https://")


def test_the_config_map_that_a_page_reads_holds_the_outputs() -> None:
    (line,) = [line for block in blocks_in("sh") for line in block.text.splitlines() if "configmap llm" in line]
    ((name, namespace, key),) = re.findall(r"configmap (\S+) -n (\S+) -o jsonpath='\{\.data\.(.*?)\}'", line)
    maps = planned("prod").recording.of("kubernetes:core/v1:ConfigMap")
    (data,) = [
        each.inputs["data"]
        for each in maps
        if (each.inputs["metadata"]["name"], each.inputs["metadata"]["namespace"]) == (name, namespace)
    ]
    assert json.loads(data[key.replace("\\.", ".")])["models"].keys() == OUTPUTS["models"].keys()
