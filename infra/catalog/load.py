"""Reads the data files once. Standard library only: it runs before every plan."""

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from infra.catalog.ollama import OllamaModel, OllamaTags
from infra.catalog.rows import (
    CPU_INSTANCE,
    GGUF,
    GPU,
    INSTANCE,
    MODEL,
    OLLAMA,
    QUANTIZATION,
    QUANTIZED,
    REGION_PRICE,
    REPOSITORY,
    TGI,
    cpu_instance_of,
    gguf_of,
    gpu_of,
    instance_of,
    model_of,
    ollama_of,
    quantization_of,
    region_price_of,
)
from infra.catalog.table import BadCatalog, Row, Table, has_date
from infra.catalog.types import (
    Catalog,
    Chart,
    Image,
    Instance,
    KubernetesVersion,
    Measured,
    ModelShape,
    Prices,
    Quantization,
    RegionPrice,
)

DATA = Path(__file__).parent / "data"
Made = TypeVar("Made")


@cache
def load_catalog() -> Catalog:
    """The catalogue; the same object at each call."""
    return read_catalog(DATA)


def read_catalog(folder: Path) -> Catalog:
    """A folder's catalogue. Raises BadCatalog."""
    mistakes: list[str] = []

    def table(file: str, columns: tuple[str, ...]) -> Table:
        return Table(folder / file, columns, mistakes)

    gpus = table("gpus.csv", GPU).by("gpu", gpu_of)
    models = table("models.csv", MODEL).by("id", model_of)
    quantizations = table("quantization.csv", QUANTIZATION).by("name", quantization_of)
    instances = table("gpu_instances.csv", INSTANCE).by("instance_type", lambda row: instance_of(row, gpus))
    zones, regions = _zones(folder / "zones.json", instances, mistakes)
    pins = _toml(folder / "pins.toml")
    cold_start = _each("cold_start.toml", Measured, _toml(folder / "cold_start.toml"), mistakes, named=False)
    if not isinstance(pins.get("read"), date):
        mistakes.append("pins.toml: read must be the day up to which the versions were looked up, as 2026-11-01")
    prices = _prices(_toml(folder / "prices.toml"), mistakes)
    engines = _each("pins.toml, engines", Image, pins["engines"], mistakes)
    fetchers = _each("pins.toml, fetchers", Image, pins["fetchers"], mistakes)
    charts = _each("pins.toml, charts", Chart, pins["charts"], mistakes)
    kubernetes = _each("pins.toml, kubernetes", KubernetesVersion, pins["kubernetes"], mistakes)
    ollama = _ollama(table("ollama.csv", OLLAMA), models, mistakes)
    gguf = table("gguf.csv", GGUF).by("name", gguf_of)
    known = models, quantizations, mistakes
    quantized = _quantized(table("quantized_weights.csv", QUANTIZED), *known, lambda row: row.number("weights_gib"))
    stored = table("quantized_repositories.csv", REPOSITORY)
    repositories = _quantized(stored, *known, lambda row: row.text("repository"))
    tgi = _tgi(table("tgi_models.csv", TGI), models)
    cpu_instances = table("cpu_instances.csv", CPU_INSTANCE).by("instance_type", cpu_instance_of)
    region_prices = _region_prices(table("region_prices.csv", REGION_PRICE), mistakes)
    if mistakes or prices is None:
        raise BadCatalog(mistakes)
    return Catalog(
        instances=instances,
        gpus=gpus,
        models=models,
        ollama=OllamaTags(ollama, gguf),
        gguf=gguf,
        quantizations=quantizations,
        quantized_weights=quantized,
        quantized_repositories=repositories,
        tgi=tgi,
        engines=engines,
        fetchers=fetchers,
        charts=charts,
        kubernetes=kubernetes,
        read=pins["read"],
        cpu_instances=cpu_instances,
        region_prices=region_prices,
        prices=prices,
        cold_start=cold_start,
        zones=zones,
        regions=regions,
    )


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


def _region_prices(table: Table, mistakes: list[str]) -> Mapping[tuple[str, str], RegionPrice]:
    found: dict[tuple[str, str], RegionPrice] = {}
    for row in table.rows():
        key = row.text("instance_type"), row.text("region")
        if key in found:
            mistakes.append(f"{row.place}: {key[0]} in {key[1]} is there already")
        found[key] = region_price_of(row)
    return MappingProxyType(found)


def _tgi(table: Table, models: Mapping[str, ModelShape]) -> Mapping[str, tuple[str, ...]]:
    def of_type(row: Row) -> tuple[str, ...]:
        names = (row.text_or_none("models") or "").split()
        for name in names:
            if name not in models:
                row.wrong("models", f"names {name}, which is no row of models.csv")
        return tuple(names)

    return table.by("model_type", of_type)


def _ollama(table: Table, models: Mapping[str, ModelShape], mistakes: list[str]) -> Mapping[str, OllamaModel]:
    """By tag and by alias: `llama3.2` is `llama3.2:3b`."""
    found: dict[str, OllamaModel] = {}
    for row in table.rows():
        model = ollama_of(row, models)
        for name in (model.tag, *(row.text_or_none("aliases") or "").split()):
            if name in found:
                mistakes.append(f"{row.place}: {name} is there already")
            found[name] = model
    return MappingProxyType(found)


def _each(
    file: str, kind: type[Made], rows: Mapping[str, Any], mistakes: list[str], *, named: bool = True
) -> Mapping[str, Made]:
    """Sections of a TOML file: their keys are the fields of `kind`, after the section's own name if it is `named`."""
    made = (
        (name, _make(f"{file}.{name}", kind, (name,) if named else (), row, mistakes)) for name, row in rows.items()
    )
    return MappingProxyType({name: each for name, each in made if each is not None})


def _make(
    where: str, kind: type[Made], names: tuple[str, ...], row: Mapping[str, Any], mistakes: list[str]
) -> Made | None:
    try:
        return kind(*names, **row)
    except TypeError as error:  # a key too many, or one that is missing
        mistakes.append(f"{where}: {str(error).partition(' ')[2]}")
        return None


def _prices(rows: Mapping[str, Any], mistakes: list[str]) -> Prices | None:
    for name, value in rows.items():
        if isinstance(value, int | float) and not value > 0:
            mistakes.append(f"prices.toml: {name} must be over 0, got {value}")
    return _make("prices.toml", Prices, (), rows, mistakes)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadCatalog([f"{path.name}: {error}"]) from None


def _zones(
    path: Path, instances: Mapping[str, Instance], mistakes: list[str]
) -> tuple[Mapping[str, Mapping[str, tuple[str, ...]]], Mapping[str, tuple[str, ...]]]:
    """Zones of each type, and of each region, without those that EKS doesn't serve."""
    data = json.loads(path.read_text(encoding="utf-8"))
    not_served = set(data["not_served_by_eks"])
    zones = {
        instance_type: {region: tuple(z for z in ids.split() if z not in not_served) for region, ids in offers.items()}
        for instance_type, offers in data["offered"].items()
    }
    mistakes += [f"{path.name}: {name} is no row of gpu_instances.csv" for name in zones if name not in instances]
    if not has_date(data["source"]):
        mistakes.append(f"{path.name}: source must say when it was read, as 2026-11")
    regions: dict[str, set[str]] = {}
    for offers in zones.values():
        for region, ids in offers.items():
            regions.setdefault(region, set()).update(ids)
    return MappingProxyType(zones), MappingProxyType(
        {region: tuple(sorted(ids)) for region, ids in sorted(regions.items())}
    )
