"""A broken data file is refused with its file and line, and all its mistakes at once."""

import shutil
from pathlib import Path

import pytest

from infra.catalog import metrics
from infra.catalog.load import DATA, read_catalog
from infra.catalog.table import BadCatalog
from infra.engines.ollama import tags
from infra.engines.tgi import models as tgi
from infra.engines.vllm import facts as vllm
from infra.engines.vllm import lacks


def _mistakes(folder: Path, file: str, old: str, new: str) -> list[str]:
    shutil.copytree(DATA, folder / "data")
    path = folder / "data" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    mistakes: list[str] = []
    try:
        models = read_catalog(folder / "data").models
    except BadCatalog as bad:
        return bad.mistakes
    tags.read(folder / "data", models, mistakes)
    tgi.read(folder / "data", models, mistakes)
    vllm.read(folder / "data", mistakes)
    lacks.read(folder / "data", mistakes)
    metrics.read(folder / "data", mistakes)
    return mistakes


def _line(file: str, begins: str) -> int:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(begins))


@pytest.mark.parametrize(
    ("file", "row", "old", "new", "mistake"),
    [
        (
            "aws/gpu_instances.csv",
            "g4dn.xlarge,",
            "0.526",
            "-0.526",
            "usd_per_hour must be a number, over 0, got '-0.526'",
        ),
        ("aws/gpu_instances.csv", "g4dn.xlarge,", "0.526", "nan", "usd_per_hour must be a number, over 0, got 'nan'"),
        ("aws/gpu_instances.csv", "g4dn.xlarge,", "g4dn.xlarge,T4,", "g4dn.xlarge,T5,", "gpu names no row of gpus.csv"),
        (
            "aws/gpu_instances.csv",
            "g4dn.xlarge,",
            "g4dn.xlarge,T4,1,",
            "g4dn.xlarge,T4,one,",
            "gpus must be a whole number",
        ),
        (
            "aws/gpu_instances.csv",
            "g4dn.xlarge,",
            ",true,0.526",
            ",yes,0.526",
            "spot must be one of true, false",
        ),
        ("aws/gpu_instances.csv", "g4dn.xlarge,", "g4dn.xlarge,", "g4dn.2xlarge,", "instance_type is there already"),
        ("aws/gpu_instances.csv", "g4dn.xlarge,", "0.526,", "0.526", "10 cells, and 11 columns"),
        ("gpus.csv", "T4,", "T4,14.74", "T4,0", "engine_gib must be a number, over 0, got '0'"),
        ("gpus.csv", "T4,", "no (use --dtype half)", "maybe", "bf16_support must begin with yes or no"),
        ("models.csv", "Qwen/Qwen3-8B,", ",gqa,", ",all,", "attention must be one of"),
        ("models.csv", "Qwen/Qwen3-8B,", ",36,4096,", ",-36,4096,", "layers must be a whole number, over 0"),
        ("quantization.csv", "fp8,", "fp8,1.0", "fp8,", "bytes_per_weight must be a number"),
        ("quantized_weights.csv", "Qwen/Qwen3-8B,", "Qwen/Qwen3-8B,awq", "Qwen/Qwen3-9B,awq", "model names no row"),
        ("ollama.csv", "llama3.2:1b,", "https://ollama.com/library/llama3.2", "", "source must not be blank"),
        ("ollama.csv", "llama3.2:1b,", "Llama-3.2-1B-Instruct", "Llama-3.2-2B", "like names no row of models.csv"),
        ("ollama.csv", "llama3.2:1b,", "llama3.2:1b,,", "llama3.2:1b,qwen3,", ""),
        (
            "tgi_models.csv",
            "opt,",
            "opt-125m",
            "opt-124m",
            "models names facebook/opt-124m, which is no row of models.csv",
        ),
        ("vllm/flags.csv", "--seed,", "--seed,one", "--seed,two", "takes must be one of none, one, optional, some"),
        ("vllm/since.csv", "--runner,", "0.10.1", "first", "first must be a version, such as 0.26.0"),
        ("machines.csv", "a2-highgpu-1g,", "A100-40", "A100", "gpu names no row of gpus.csv"),
        ("vllm/metrics.csv", "vllm:num_requests_waiting,", "gauge", "level", "kind must be one of gauge, counter"),
        ("exporters.csv", "prometheus,3,up,", "gauge", "level", "kind must be one of gauge, counter, histogram"),
        ("vllm/quantization.csv", "fp8,", "fp8,7.5", "fp8,", "min_compute_capability must be a number"),
        ("gguf.csv", "Q8_0,", "8.5008", "eight", "bits_per_weight must be a number"),
        ("aws/cpu_instances.csv", "m5.large,", "m5.large,2", "m5.large,2.5", "vcpus must be a whole number"),
        ("aws/region_prices.csv", "g4dn.xlarge,us-east-1,", "0.526", "free", "usd_per_hour must be a number, over 0"),
        ("aws/region_prices.csv", "g6.xlarge,us-east-1,", "0.349", "9", "spot_high must be spot_low (9.0"),
        ("aws/region_prices.csv", "g6.xlarge,us-east-1,", "us-east-1", "us-east-2", ""),
    ],
)
def test_a_broken_cell_is_named(tmp_path: Path, file: str, row: str, old: str, new: str, mistake: str) -> None:
    line = _line(file, row)
    text = (DATA / file).read_text(encoding="utf-8").splitlines()[line - 1]
    assert old in text
    first = _mistakes(tmp_path, file, f"\n{text}\n", f"\n{text.replace(old, new)}\n")[0]
    name = file.rpartition("/")[2]
    assert first.startswith(f"{name}, line ")
    if mistake:
        assert mistake in first
        assert first.startswith(f"{name}, line {line}: ")


@pytest.mark.parametrize(
    ("file", "old", "new", "mistake"),
    [
        ("aws/gpu_instances.csv", ",usd_per_hour,", ",price,", "gpu_instances.csv: no column usd_per_hour"),
        ("aws/gpu_instances.csv", "2026-07-20", "lately", "line 1: the comment must say when it was read"),
        ("aws/gpu_instances.csv", "Source:", "From", "line 1: needs a source column, or Source: in the comment"),
        ("models.csv", "read 2026-11", "read", "line 1: the comment must say when it was read"),
        ("aws/zones.json", "2026-07", "lately", "source must say when it was read"),
        ("aws/zones.json", '"g4dn.xlarge"', '"g4dn.tiny"', "g4dn.tiny is no row of gpu_instances.csv"),
        ("aws/prices.toml", "eks_hour = 0.10", "eks_hour = 0", "eks_hour must be over 0, got 0"),
        ("aws/prices.toml", "eks_hour = 0.10", "", "eks_hour"),
        ("aws/prices.toml", "eks_hour = 0.10", "eks_hour =", "line 6"),
        ("pins.toml", "read = 2026-11-01", "", "read must be the day"),
        ("pins.toml", "image_gib = 11.8", "image_gb = 11.8", "pins.toml, engines.vllm"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, file: str, old: str, new: str, mistake: str) -> None:
    found = _mistakes(tmp_path, file, old, new)
    assert any(each.startswith(file.rpartition("/")[2]) and mistake in each for each in found), found


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    found = _mistakes(tmp_path, "aws/cpu_instances.csv", "m5.large,2,8,0.096", "m5.large,0,-8,free")
    assert [each.split(": ")[1].split()[0] for each in found] == ["vcpus", "memory_gib", "usd_per_hour"]
