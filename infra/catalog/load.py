"""Reads the data files once. Standard library only: it runs before every plan."""

import csv
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

from infra.catalog.types import (
    Catalog,
    Chart,
    CpuInstance,
    Engine,
    Gpu,
    Instance,
    KubernetesVersion,
    Measured,
    ModelShape,
    OllamaModel,
    Prices,
    Quantization,
)

DATA = Path(__file__).parent / "data"
Row = TypeVar("Row")


@cache
def load_catalog() -> Catalog:
    """The catalogue; the same object at each call."""
    zones, regions = _zones()
    pins = tomllib.loads((DATA / "pins.toml").read_text(encoding="utf-8"))
    prices = tomllib.loads((DATA / "prices.toml").read_text(encoding="utf-8"))
    cold_start = tomllib.loads((DATA / "cold_start.toml").read_text(encoding="utf-8"))
    return Catalog(
        instances=_table("gpu_instances.csv", "instance_type", _instance),
        gpus=_table("gpus.csv", "gpu", _gpu),
        models=_table("models.csv", "id", _model),
        ollama=_ollama(),
        quantizations=_table("quantization.csv", "name", _quantization),
        quantized_weights=MappingProxyType(
            {(row["model"], row["quantization"]): float(row["weights_gib"]) for row in _rows("quantized_weights.csv")}
        ),
        engines=MappingProxyType({name: Engine(name=name, **row) for name, row in pins["engines"].items()}),
        charts=MappingProxyType({name: Chart(name=name, **row) for name, row in pins["charts"].items()}),
        kubernetes=MappingProxyType({v: KubernetesVersion(v, **row) for v, row in pins["kubernetes"].items()}),
        read=pins["read"],
        cpu_instances=_table("cpu_instances.csv", "instance_type", _cpu_instance),
        prices=Prices(**prices),
        cold_start=MappingProxyType({name: Measured(**row) for name, row in cold_start.items()}),
        zones=zones,
        regions=regions,
    )


def _rows(file: str) -> Iterator[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def _table(file: str, key: str, read: Callable[[dict[str, str]], Row]) -> Mapping[str, Row]:
    return MappingProxyType({row[key]: read(row) for row in _rows(file)})


def _int(cell: str) -> int | None:
    return int(cell) if cell else None


def _float(cell: str) -> float | None:
    return float(cell) if cell else None


def _bool(cell: str) -> bool | None:
    return {"true": True, "false": False}.get(cell)


def _instance(row: dict[str, str]) -> Instance:
    return Instance(
        name=row["instance_type"],
        gpu=row["gpu"],
        gpus=int(row["gpus"]),
        vcpus=int(row["vcpus"]),
        memory_gib=int(row["memory_mib"]) / 1024,
        nvme_gb=int(row["nvme_gb"]),
        arch=cast(Any, row["arch"]),
        network_gbps=float(row["network_gbps"]),
        efa_interfaces=int(row["efa_interfaces"]),
        ebs_mbps=int(row["ebs_mbps"]),
        spot=row["spot"] == "true",
        capacity_block=row["capacity_block"] == "true",
        usd_per_hour=_float(row["usd_per_hour"]),
    )


def _gpu(row: dict[str, str]) -> Gpu:
    return Gpu(
        name=row["gpu"],
        engine_gib=_float(row["engine_gib"]),
        bandwidth_gb_s=_float(row["mem_bandwidth_gb_s"]),
        bf16_tflops=_float(row["bf16_tflops_dense"] or row["fp16_tflops_dense"]),
        fp8_tflops=_float(row["fp8_tflops_dense"]),
        compute_capability=_float(row["compute_capability"]),
        bf16=row["bf16_support"].startswith("yes"),
        fp8=row["fp8_support"].startswith("yes"),
        source=row["source"],
        link_gb_s=_float(row["link_gb_s"]),
    )


def _model(row: dict[str, str]) -> ModelShape:
    return ModelShape(
        id=row["id"],
        family=row["family"],
        params_b=_float(row["params_b"]),
        active_params_b=_float(row["active_params_b"]),
        layers=_int(row["layers"]),
        hidden_size=_int(row["hidden_size"]),
        intermediate_size=_int(row["intermediate_size"]),
        attention_heads=_int(row["attention_heads"]),
        kv_heads=_int(row["kv_heads"]),
        head_dim=_int(row["head_dim"]),
        vocab_size=_int(row["vocab_size"]),
        max_context=int(row["max_context"]),
        attention=cast(Any, row["attention"] or None),
        sliding_window=_int(row["sliding_window"]),
        full_attention_every=_int(row["full_attention_every"]),
        kv_lora_rank=_int(row["kv_lora_rank"]),
        qk_rope_head_dim=_int(row["qk_rope_head_dim"]),
        num_experts=_int(row["num_experts"]),
        experts_per_token=_int(row["experts_per_token"]),
        index_head_dim=_int(row["index_head_dim"]),
        dtype=row["dtype"] or None,
        weights_gib=_float(row["weights_gib"]),
        gated=_bool(row["gated"]),
        modality=cast(Any, row["modality"]),
        full_kv_layers=_int(row["full_kv_layers"]),
        swa_kv_layers=_int(row["swa_kv_layers"]),
        global_kv_heads=_int(row["global_kv_heads"]),
        global_head_dim=_int(row["global_head_dim"]),
        tie_word_embeddings=_bool(row["tie_word_embeddings"]),
        source=row["source"],
        notes=row["notes"],
    )


def _quantization(row: dict[str, str]) -> Quantization:
    return Quantization(
        name=row["name"],
        bytes_per_weight=float(row["bytes_per_weight"]),
        min_compute_capability=float(row["min_compute_capability"]),
        keeps_16_bit=row["keeps_16_bit"] == "true",
        source=row["source"],
    )


def _cpu_instance(row: dict[str, str]) -> CpuInstance:
    return CpuInstance(row["instance_type"], int(row["vcpus"]), float(row["memory_gib"]), float(row["usd_per_hour"]))


def _ollama() -> Mapping[str, OllamaModel]:
    models: dict[str, OllamaModel] = {}
    for row in _rows("ollama.csv"):
        model = OllamaModel(
            tag=row["tag"],
            params_b=float(row["params_b"]),
            file_gib=float(row["file_gb"]) * 1e9 / 2**30,
            max_context=int(row["max_context"]),
            task=cast(Any, row["task"]),
            like=row["like"] or None,
            source=row["source"],
        )
        models.update(dict.fromkeys((row["tag"], *row["aliases"].split()), model))
    return MappingProxyType(models)


def _zones() -> tuple[Mapping[str, Mapping[str, tuple[str, ...]]], Mapping[str, tuple[str, ...]]]:
    """Zones of each type, and of each region, without those that EKS doesn't serve."""
    data = json.loads((DATA / "zones.json").read_text(encoding="utf-8"))
    not_served = set(data["not_served_by_eks"])
    zones = {
        instance_type: {region: tuple(z for z in ids.split() if z not in not_served) for region, ids in offers.items()}
        for instance_type, offers in data["offered"].items()
    }
    regions: dict[str, set[str]] = {}
    for offers in zones.values():
        for region, ids in offers.items():
            regions.setdefault(region, set()).update(ids)
    return MappingProxyType(zones), MappingProxyType(
        {region: tuple(sorted(ids)) for region, ids in sorted(regions.items())}
    )
