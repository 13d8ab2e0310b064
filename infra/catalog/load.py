"""Reads the data files, once per process. It uses the standard library alone, because it runs before every plan."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from infra.catalog.hardware import Gpu, MigProfile
from infra.catalog.rows import (
    CUDA_DRIVER,
    GPU,
    LOADED,
    MACHINE,
    MIG,
    MODEL,
    QUANTIZATION,
    QUANTIZED,
    REPOSITORY,
    ROPE,
    gpu_of,
    loaded_of,
    mig_profile_of,
    model_of,
    quantization_of,
    rope_of,
)
from infra.catalog.shapes import ModelShape, Quantization
from infra.catalog.table import Row, Table, without_mistakes
from infra.catalog.toml_file import each_section, read_toml
from infra.catalog.types import Catalog, ChartPin, Image, KubernetesVersion, Measured
from infra.clouds.aws import facts as aws

DATA = Path(__file__).parent / "data"
Made = TypeVar("Made")


@cache
def load_catalog() -> Catalog:
    """The catalogue of this package; each call returns the same object."""
    return read_catalog(DATA)


def read_catalog(folder: Path) -> Catalog:
    """The catalogue in a folder. Raises BadCatalog."""
    return without_mistakes(lambda mistakes: _read(folder, mistakes))


def _read(folder: Path, mistakes: list[str]) -> Catalog | None:
    def table(file: str, columns: tuple[str, ...]) -> Table:
        return Table(folder / file, columns, mistakes)

    gpus = table("gpus.csv", GPU).by("gpu", gpu_of)
    mig = _mig(table("mig.csv", MIG), gpus)
    machines = table("machines.csv", MACHINE).by("machine", lambda row: _machine(row, gpus))
    models = _with_loaded(table("models.csv", MODEL).by("id", model_of), table("loaded.csv", LOADED))
    quantizations = table("quantization.csv", QUANTIZATION).by("name", quantization_of)
    offered = aws.read(folder / "aws", gpus, mistakes)
    pins = read_toml(folder / "pins.toml")
    cuda_drivers = table("cuda_drivers.csv", CUDA_DRIVER).by("cuda", lambda row: row.whole("min_driver"))
    cold_start = each_section("cold_start.toml", Measured, read_toml(folder / "cold_start.toml"), mistakes, named=False)
    if not isinstance(pins.get("read"), date):
        mistakes.append("pins.toml: read must be the day up to which the versions were looked up, as 2026-11-01")
    engines = each_section("pins.toml, engines", Image, pins["engines"], mistakes)
    fetchers = each_section("pins.toml, fetchers", Image, pins["fetchers"], mistakes)
    proxies = each_section("pins.toml, proxies", Image, pins["proxies"], mistakes)
    charts = each_section("pins.toml, charts", ChartPin, pins["charts"], mistakes)
    kubernetes = each_section("pins.toml, kubernetes", KubernetesVersion, pins["kubernetes"], mistakes)
    known = models, quantizations, mistakes
    quantized = _quantized(table("quantized_weights.csv", QUANTIZED), *known, lambda row: row.number("weights_gib"))
    stored = table("quantized_repositories.csv", REPOSITORY).by("repository", lambda row: _stored(row, *known[:2]))
    rope = {(row.text("model_type"), row.whole("max_context")): rope_of(row) for row in table("rope.csv", ROPE).rows()}
    if mistakes or offered is None:
        return None
    return Catalog(
        instances=offered.instances,
        gpus=gpus,
        mig=mig,
        models=MappingProxyType({**models, **_models_of(stored, models, quantized)}),
        tags=MappingProxyType({}),
        quantizations=quantizations,
        quantized_weights=quantized,
        quantized_repositories=_first_of_each(stored.values()),
        machines=machines,
        rope=MappingProxyType(rope),
        engines=engines,
        cuda_drivers=cuda_drivers,
        fetchers=fetchers,
        proxies=proxies,
        charts=charts,
        kubernetes=kubernetes,
        read=pins["read"],
        cold_start=cold_start,
        zones=offered.zones,
        regions=offered.regions,
        other_regions=offered.other_regions,
        region=aws.HOME,
        aws=offered.facts,
    )


def _machine(row: Row, gpus: Mapping[str, Gpu]) -> tuple[str, int]:
    return row.known("gpu", gpus, "row of gpus.csv"), row.whole("gpus")


def _mig(table: Table, gpus: Mapping[str, Gpu]) -> Mapping[str, Mapping[str, MigProfile]]:
    found: dict[str, dict[str, MigProfile]] = {}
    for profile in (mig_profile_of(row, gpus) for row in table.rows()):
        found.setdefault(profile.gpu, {})[profile.name] = profile
    return MappingProxyType(found)


def _with_loaded(models: Mapping[str, ModelShape], table: Table) -> Mapping[str, ModelShape]:
    named = ((row.known("model", models, "row of models.csv"), row) for row in table.rows())
    found = {name: loaded_of(row, models[name]) for name, row in named if name in models}
    return MappingProxyType({**models, **found})


def _quantized(
    table: Table,
    models: Mapping[str, ModelShape],
    quantizations: Mapping[str, Quantization],
    mistakes: list[str],
    parse: Callable[[Row], Made],
) -> Mapping[tuple[str, str], Made]:
    found: dict[tuple[str, str], Made] = {}
    for row in table.rows():
        key = (
            row.known("model", models, "row of models.csv"),
            row.known("quantization", quantizations, "row of quantization.csv"),
        )
        if key in found:
            mistakes.append(f"{row.place}: {key[0]} in {key[1]} is there already")
        found[key] = parse(row)
    return MappingProxyType(found)


@dataclass(frozen=True)
class _Stored:
    """A repository that holds a model's weights in a quantization."""

    model: str
    quantization: str
    repository: str
    block: int | None  # weights side by side that share a scale
    intermediate_size: int | None  # where the layers are padded
    source: str


def _stored(row: Row, models: Mapping[str, ModelShape], quantizations: Mapping[str, Quantization]) -> _Stored:
    return _Stored(
        row.known("model", models, "row of models.csv"),
        row.known("quantization", quantizations, "row of quantization.csv"),
        row.text("repository"),
        row.whole_or_none("block"),
        row.whole_or_none("intermediate_size"),
        row.text("source"),
    )


def _first_of_each(stored: Iterable[_Stored]) -> Mapping[tuple[str, str], str]:
    """Of several repositories the repository that comes first in the file."""
    found: dict[tuple[str, str], str] = {}
    for each in stored:
        found.setdefault((each.model, each.quantization), each.repository)
    return MappingProxyType(found)


def _models_of(
    stored: Mapping[str, _Stored], models: Mapping[str, ModelShape], weights: Mapping[tuple[str, str], float]
) -> dict[str, ModelShape]:
    """A repository with quantized weights has the shape of its model; whether it asks for a licence was not seen."""
    return {
        name: replace(
            models[each.model],
            id=name,
            dtype=each.quantization,
            weights_gib=weights.get((each.model, each.quantization)),
            quantization_block=each.block,
            intermediate_size=each.intermediate_size or models[each.model].intermediate_size,
            gated=None,
            source=each.source,
        )
        for name, each in stored.items()
        if each.model in models and name not in models
    }
