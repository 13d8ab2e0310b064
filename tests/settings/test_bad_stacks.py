"""Every mistake is named: where, what was got, what to write; the same from a file and from the engine's config."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.config_keys import PLATFORM, config_key, secrets_among
from infra.settings.document import read_document
from infra.settings.mistakes import BadStackFile, Mistake
from infra.stack_file import load_config, load_file
from tests.settings.bad_stacks import BAD_STACKS
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, Bad, create, model, stack


def _from_file(folder: Path, text: str) -> BadStackFile:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadStackFile) as caught:
        load_file(path)
    return caught.value


def test_each_says_exactly(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for bad in BAD_STACKS:
        with subtests.test(bad.name):
            assert _from_file(tmp_path, bad.text).mistakes == bad.mistakes


@pytest.mark.programs
def test_the_engine_says_the_same_of_each(tmp_path: Path, subtests: pytest.Subtests) -> None:
    refused_before_the_program_runs = {bad.name for bad in BAD_STACKS if _config(bad) is None}
    assert len(refused_before_the_program_runs) < 20
    for bad in BAD_STACKS:
        config = _config(bad)
        if config is not None:
            with subtests.test(bad.name):
                from_file = _from_file(tmp_path, bad.text)
                assert _from_engine(tmp_path, config).render() == from_file.render()


def _config(bad: Bad) -> Mapping[str, Any] | None:
    """What the engine passes to the program; None where it refuses the text itself."""
    document = read_document(bad.text)
    return None if document.mistakes else document.config


def _from_engine(folder: Path, config: Mapping[str, Any]) -> BadStackFile:
    secrets = set(secrets_among(config))
    with pytest.raises(BadStackFile) as caught:
        load_config(
            stack="dev",
            platform=json.loads(json.dumps(config.get(PLATFORM))),
            region=config.get("aws:region"),
            secrets=secrets,
            in_plain_text={name for name in secrets if isinstance(config[config_key(name)], str)},
            keys=config,
            path=folder / "Pulumi.dev.yaml",
        )
    return caught.value


def test_without_a_file_there_are_no_lines() -> None:
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform={"cluster": {"existing": {"context": "kind"}}, "models": {}}, region=None)
    assert str(caught.value) == (
        "config of stack dev has 1 mistake; nothing was planned\n\n"
        "  models  got an empty mapping; allowed: a mapping of names\n"
        "          write, for example, models: {qwen3-8b: {model: Qwen/Qwen3-8B}}\n"
    )


def test_lines_of_another_version_of_the_file_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(stack(CLUSTER, MODEL), encoding="utf-8")
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform={"cluster": {"existing": {}}, "models": {}}, region=None, path=path)
    assert {mistake.line for mistake in caught.value.mistakes} == {None}


@pytest.mark.parametrize("width", [80, 100, 200])
def test_each_fits_the_terminal_in_ascii(width: int) -> None:
    lines = [
        (bad.name, line)
        for bad in BAD_STACKS
        for line in BadStackFile("stacks/Pulumi.dev.yaml", bad.mistakes).render(width).splitlines()
    ]
    assert [(name, line) for name, line in lines if not line.isascii()] == []
    # A word is never broken: the path of a deep checkout may be longer than the minimum of 40 columns for a message.
    too_long = [(name, line) for name, line in lines if len(line) > width]
    assert [(name, line) for name, line in too_long if max(len(word) for word in line.split()) <= 40] == []


def test_five_mistakes_as_one_reads_them(tmp_path: Path) -> None:
    text = stack(
        "cluster: {create: {version: 1.35, zones: 2}}",
        "gpuPools: {l4: {instanceTypes: [g6.2xlarge, g6.12xlarge]}}",
        "models:",
        "  llama-8b:",
        "    model: meta-llama/Llama-3.1-8B-Instruct",
        "    maxModelLenght: 8192",
        "    replicas: {min: 5, max: 2}",
    )
    bad = _from_file(tmp_path, text + "  llm-platform:huggingFaceToken: hunter2\n")
    assert BadStackFile("stacks/Pulumi.dev.yaml", bad.mistakes).render(100) == (
        "stacks/Pulumi.dev.yaml has 5 mistakes; nothing was planned\n"
        "\n"
        "  line  4  cluster.create.version          got the number 1.35; unquoted, 1.30 would become 1.3\n"
        '                                           write "1.35" (known: "1.33", "1.34", "1.35", "1.36")\n'
        "  line  5  gpuPools.l4.instanceTypes       g6.2xlarge has 1 GPU, g6.12xlarge has 4; a pool has one\n"
        "                                           number\n"
        "                                           write two pools, e.g. l4 and l4x4\n"
        "  line  9  models.llama-8b.maxModelLenght  unknown key; did you mean maxModelLen?\n"
        "  line 10  models.llama-8b.replicas        min 5 is more than max 2\n"
        "                                           write {min: 2, max: 5}\n"
        "  line 11  huggingFaceToken                a secret in plain text (value not shown). Revoke it,\n"
        "                                           then:\n"
        "                                           pulumi config set --secret huggingFaceToken -s dev\n"
    )


TOKEN = "hf_AbCdEfGhIjKlMnOp"


@pytest.mark.parametrize(
    "text",
    [
        stack(LAPTOP, CPU, region=None) + f"  llm-platform:huggingFaceToken: {TOKEN}\n",
        stack(LAPTOP, CPU, region=None) + f"  llm-platform:apiKey: [{TOKEN}]\n",
        stack(LAPTOP, CPU, region=None) + f"  llm-platform:huggingFaceTokn: {TOKEN}\n",
        stack(LAPTOP, CPU, f"{TOKEN}: x", region=None),
        stack(LAPTOP, CPU, f"huggingFaceToken: {TOKEN}", region=None),
        stack(LAPTOP, CPU, f"protect: {TOKEN}", region=None),
        stack(LAPTOP, CPU, f"tags: {{{TOKEN}: {TOKEN}, {TOKEN}: y}}", region=None),
        stack(LAPTOP, CPU, f"protect: *{TOKEN}", region=None),
        stack(LAPTOP, CPU, f"protect: !<{TOKEN}> x", region=None),
        stack(LAPTOP, CPU, region=TOKEN),
        stack(create(f"version: {TOKEN}"), MODEL),
        stack(create(f"zones: [{TOKEN}, {TOKEN}]"), MODEL),
        stack(CLUSTER, model(f"extraArgs: [--hf-token={TOKEN}]")),
        stack(CLUSTER, model(f"extraArgs: [--api-key, {TOKEN}]")),
        stack(CLUSTER, model(f"revision: {TOKEN}, pool: {TOKEN}, quantization: {TOKEN}, like: {TOKEN}/x")),
        stack(CLUSTER, f"models: {{{TOKEN}: {{model: {TOKEN}}}}}"),
        stack(CLUSTER, MODEL, f"gateway: {{domain: llm.example.com, annotations: {{a: {TOKEN}}}}}"),
        f"{TOKEN}: x\nconfig: {{}}\n",
    ],
)
def test_no_secret_is_printed(text: str, tmp_path: Path) -> None:
    assert TOKEN not in _from_file(tmp_path, text).render()


def test_an_unknown_stack_names_those_that_exist(tmp_path: Path) -> None:
    for stack_name in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack_name}.yaml").write_text("config: {}\n", encoding="utf-8")
    with pytest.raises(BadStackFile) as caught:
        load_file(tmp_path / "Pulumi.prdo.yaml")
    there = f"no such file; the stacks in {tmp_path}/ are dev, prod"
    assert caught.value.mistakes == (Mistake("stack", None, there, "did you mean prod?"),)
    with pytest.raises(BadStackFile, match=r"Pulumi\.research\.yaml") as caught:
        load_file(tmp_path / "Pulumi.research.yaml")
    (mistake,) = caught.value.mistakes
    assert mistake.write == (
        "write the name of one of them; for a new stack copy one of these stacks' files to"
        f" {tmp_path / 'Pulumi.research.yaml'} and run `pulumi stack init research`"
    )


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadStackFile) as caught:
        load_file(path)
    assert caught.value.mistakes == (
        Mistake("file", None, "can't be read: not UTF-8 text", "write a YAML file in UTF-8"),
    )
