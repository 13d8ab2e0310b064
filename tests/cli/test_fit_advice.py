"""The command lines that `fit` advises are run, and each result is what `fit` promised."""

import re

import pytest

from infra.plan.words import LIKELY as WORDS
from infra.sizing.estimates import requests
from tests.cli.running import fit_json, run

QWEN, QWEN_32B = "Qwen/Qwen3-8B", "Qwen/Qwen3-32B"
LLAMA_70B = "meta-llama/Llama-3.3-70B-Instruct"
WIDE = {"COLUMNS": "400"}  # so wide that few lines are wrapped

MISFITS = [
    f"{QWEN} --gpu L4 --max-model-len 40960",
    f"{QWEN} --gpu L4 --max-model-len 40960 --gpu-memory-utilization 0.7",
    "meta-llama/Llama-3.1-8B-Instruct --gpu L4 --max-model-len 65536 --engine tgi",
    f"{QWEN} --gpu T4 --max-model-len 32768",
    f"{QWEN} --gpu-memory-gib 15.5",
    f"{QWEN_32B} --gpu L40S --max-model-len 16384",
    f"{QWEN_32B} --gpu RTX-PRO-6000-SE --max-model-len 32768 --concurrency 12",
    f"{QWEN_32B} --instance-type g6.12xlarge --gpus 1 --max-model-len 8192 --region eu-central-1",
    f"{LLAMA_70B} --instance-type g6e.12xlarge --gpus 2 --max-model-len 8192",
    f"{LLAMA_70B} --gpu RTX-4090 --max-model-len 8192",
    f"{LLAMA_70B} --gpu H20 --max-model-len 8192",
    f"{LLAMA_70B} --gpu L4 --max-model-len 200000",
    "acme/own --like Qwen/Qwen3-14B --gpu A40 --max-model-len 40960 --concurrency 8",
    "llama3.1:70b --gpu L4",
    "deepseek-ai/DeepSeek-R1 --gpu H100-80 --max-model-len 8192",
]
# The engine's own batch takes 256 requests at once, and a written step of 128 tokens 128.
FEW_AT_ONCE = [
    "Qwen/Qwen3-0.6B --gpu L40S --max-model-len 1024 --concurrency 300",
    f"{QWEN} --gpu L40S --max-model-len 1024 --concurrency 300",
    "Qwen/Qwen3-0.6B --instance-type g6e.xlarge --max-model-len 1024 --concurrency 300 --max-num-batched-tokens 128",
]
LIKELY = [
    f"{QWEN} --gpu L4 --max-model-len 28000",
    f"{QWEN} --gpu A40 --gpu-memory-gib 22.2 --max-model-len 28000",
    f"{QWEN} --instance-type g6.xlarge --max-model-len 28000",
    f"{QWEN} --instance-type g6.12xlarge --max-model-len 28000 --region eu-central-1",
    f"{QWEN} --gpu L4 --max-model-len 28000 --kv-cache-dtype fp8",
]


def listed(text: str, title: str) -> list[str]:
    """The first column below a title; a row goes on in lines that begin further to the right."""
    _, found, rest = text.partition(f"{title}\n")
    rows = re.match(r"(?:  .*\n)*", rest) if found else None
    return [re.split(r" {2,}", row)[0] for row in re.findall(r"^  (\S.*)", rows[0], re.MULTILINE)] if rows else []


@pytest.mark.parametrize(
    ("line", "key", "title"),
    [
        *((line, "fits", "one of these makes it fit") for line in [*MISFITS, *FEW_AT_ONCE]),
        *((line, "certain", "one of these makes it certain") for line in LIKELY),
    ],
)
def test_each_command_line_that_is_named_says_so(line: str, key: str, title: str) -> None:
    """Text and JSON name the same command lines."""
    said = fit_json(*line.split())
    assert (said["fits"], said["certain"]) == (key == "certain", False)
    assert said["advice"]
    assert listed(run("fit", *line.split(), environment=WIDE).stdout, title) == [
        each["flags"] for each in said["advice"]
    ]
    assert [each for each in said["reasons"] if f" makes it {key.removesuffix('s')}" in each]
    for each in said["advice"]:
        assert fit_json(*each["arguments"])[key], each
        shown = run("fit", *each["arguments"])
        assert shown.exit_code == 0, each
        assert shown.stdout.startswith("fits:" if key == "certain" else "fits"), each


def test_a_batch_of_fewer_requests_than_are_asked_for_does_not_fit() -> None:
    result = run("fit", *FEW_AT_ONCE[0].split(), environment=WIDE)
    assert result.exit_code == 1
    assert "concurrency is 300, but its engine takes 256 requests at once by default; others wait" in result.stdout
    assert listed(result.stdout, "one of these makes it fit") == ["--max-num-seqs 300", "--concurrency 256"]
    assert run("fit", *FEW_AT_ONCE[0].replace("300", "256").split()).exit_code == 0


@pytest.mark.parametrize("line", [*MISFITS[:2], MISFITS[7], MISFITS[10], *FEW_AT_ONCE, *LIKELY[:3]])
def test_each_effect_is_what_its_command_line_answers(line: str) -> None:
    """On an instance type it is sized as a plan sizes it, wherever the question was asked."""
    advice = fit_json(*line.split())["advice"]
    assert any("holds" in each["effect"] for each in advice)
    for each in advice:
        then = fit_json(*each["arguments"])
        for number, length in re.findall(r"holds ([\d.,]+) requests? of ([\d,]+) tokens", each["effect"]):
            assert (number, length) == (requests(then["max_concurrency"]), f"{then['max_model_len']:,}"), each
        for gib in re.findall(r"([\d.]+) GiB of weights", each["effect"]):
            assert gib == f"{then['weights_gib']:.1f}", each


@pytest.mark.parametrize("line", [*MISFITS, *LIKELY])
def test_flags_stand_in_the_place_of_those_of_the_same_name(line: str) -> None:
    """An instance type replaces the GPU, its number and its memory; a repository replaces the model."""
    model, *typed = line.split()
    options = dict(zip(typed[::2], typed[1::2], strict=True))
    for each in fit_json(*line.split())["advice"]:
        flags = each["flags"].split()
        other = model if flags[0].startswith("--") else flags.pop(0)
        new = dict(zip(flags[::2], flags[1::2], strict=True))
        gone = ("--gpu", "--gpus", "--gpu-memory-gib") if "--instance-type" in new else ()
        kept = {name: value for name, value in options.items() if name not in gone}
        name, *whole = each["arguments"]
        assert (name, dict(zip(whole[::2], whole[1::2], strict=True))) == (other, kept | new)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (f"{LLAMA_70B} --gpu RTX-4090 --max-model-len 8192", ["--gpus 8", "--gpus 4 --quantization fp8"]),
        (f"{LLAMA_70B} --gpu RTX-A6000 --max-model-len 8192", ["--gpus 4", "--gpus 2 --quantization fp8"]),
        (f"{LLAMA_70B} --gpu H20 --max-model-len 8192", ["--quantization fp8", "--gpus 2"]),
        (f"{QWEN} --gpu L4 --max-model-len 32768", ["--quantization fp8", "--gpus 2", "--kv-cache-dtype fp8"]),
        ("llama3.1:70b --gpu L4", ["--gpus 4"]),
    ],
)
def test_of_a_bare_gpu_the_smallest_number_and_the_smaller_ways_are_named(line: str, named: list[str]) -> None:
    """The number of GPUs is a power of two that divides the heads; half of that number isn't enough."""
    flags = [each["flags"] for each in fit_json(*line.split())["advice"]]
    assert [each for each in flags if each in named] == named
    (number,) = [int(each.split()[1]) for each in named if re.fullmatch(r"--gpus \d+", each)]
    half = [] if number == 2 else ["--gpus", str(number // 2)]
    assert not fit_json(*line.split(), *half)["fits"]


def test_a_cache_in_8_bit_is_named_for_cards_that_compute_in_it_alone() -> None:
    flags = [each["flags"] for each in fit_json(QWEN, "--gpu", "T4", "--max-model-len", "32768")["advice"]]
    assert not any("fp8" in each for each in flags)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (f"{QWEN_32B} --max-model-len 32768 --concurrency 12", "a lower price per replica by other means"),
        (f"{LLAMA_70B} --max-model-len 16384", "a lower price per replica by other means"),
        ("meta-llama/Llama-3.1-405B-Instruct --max-model-len 131072 --concurrency 32", "what would make it fit"),
    ],
)
def test_other_means_serve_it_where_they_say(line: str, title: str) -> None:
    """Where no GPU is named, the command line with these flags finds the instance type."""
    model, *options = line.split()
    text = run("fit", *line.split(), environment=WIDE).stdout
    flags = listed(text, title)
    assert flags
    for flag in flags:
        (where,) = re.findall(rf"^  {re.escape(flag)}  +(\S+),", text, re.MULTILINE)
        other, *new = flag.split() if not flag.startswith("--") else [model, *flag.split()]
        kept = [each for at, each in enumerate(options) if options[at - at % 2] not in new]
        assert where in [each["instance_type"] for each in fit_json(other, *kept, *new) if each["fits"]], flag


@pytest.mark.parametrize(
    "line",
    [
        f"{LLAMA_70B} --gpu L40S --gpus 2 --max-model-len 32768 --concurrency 4",
        f"{QWEN} --instance-type g6.xlarge --region eu-central-1 --max-model-len 40000 --concurrency 4",
    ],
)
def test_a_command_line_whose_fit_is_not_certain_says_so_after_those_that_are(line: str) -> None:
    advice = fit_json(*line.split())["advice"]
    certain = [fit_json(*each["arguments"])["certain"] for each in advice]
    assert set(certain) == {True, False}
    assert certain == sorted(certain, reverse=True)
    assert [each["certain"] for each in advice] == certain
    assert [not each["effect"].endswith(f"; {WORDS}") for each in advice] == certain


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1"])
def test_other_means_and_shorter_requests_say_whether_their_fit_is_certain(region: str) -> None:
    """Each is asked on the instance type that its row names."""
    asked = (QWEN_32B, "--region", region, "--max-model-len", "32768", "--concurrency", "4")
    text = re.sub(r"\n {3,}", " ", run("fit", *asked, environment=WIDE).stdout)  # a wrapped row is one line
    shorter = re.findall(r"^  (\S+), (\d) x .* no longer than ([\d,]+) tokens(.*)$", text, re.MULTILINE)
    other = re.findall(r"^  (\S.*?)  +(\S+), (\d) x .* requests of [\d,]+ tokens(.*)$", text, re.MULTILINE)
    rows = [(f"--max-model-len {length.replace(',', '')}", *where, said) for *where, length, said in shorter] + other
    certain = []
    for flags, name, gpus, said in rows:
        model, *new = flags.split() if not flags.startswith("--") else (QWEN_32B, *flags.split())
        then = fit_json(model, *asked[1:], *new, "--instance-type", name, "--gpus", gpus)
        certain.append(then["certain"])
        assert said.endswith(f"; {WORDS}") is not then["certain"], (flags, name)
    assert set(certain) == {True, False}
    of_other = certain[len(shorter) :]
    assert of_other == sorted(of_other, reverse=True)


@pytest.mark.parametrize("line", [f"{QWEN} --gpu L4 --max-model-len 8192", "BAAI/bge-m3 --gpu T4"])
def test_what_certainly_fits_needs_no_advice(line: str) -> None:
    assert "advice" not in fit_json(*line.split())
    assert "makes it" not in run("fit", *line.split()).stdout


def test_no_more_gpus_are_proposed_than_one_node_has() -> None:
    asked = ("fit", "deepseek-ai/DeepSeek-R1", "--gpu", "H100", "--gpus", "8", "--max-model-len", "32768")
    said = run(*asked).stdout
    assert "--instance-type g7e.48xlarge" in said
    assert "--gpus 16" not in said
    assert "--gpus 4" in run(*asked[:1], "meta-llama/Llama-3.3-70B-Instruct", "--gpu", "H100", "--gpus", "1").stdout
