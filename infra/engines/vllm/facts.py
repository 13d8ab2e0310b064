"""Facts that were read from the pinned vLLM itself: infra/catalog/data/vllm, which `make engine-facts` writes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from infra.catalog.load import DATA
from infra.catalog.metrics import KINDS as METRIC_KINDS
from infra.catalog.metrics import Metric
from infra.catalog.table import Row, Table, without_mistakes
from infra.catalog.toml_file import read_toml, section
from infra.engines.vllm.flags import GONE
from infra.engines.vllm.grammar import Flag, Grammar

FOLDER = "vllm"
TAKES = ("none", "one", "optional", "some")
KINDS = ("generate", "multimodal", "embed", "classify", "draft", "dropped", "plugin", "adapted", "transformers")
TABLES: Mapping[str, tuple[str, ...]] = {
    "architectures": ("architecture", "kind", "score", "pooling", "last_version", "plugin"),
    "flags": ("flag", "takes", "type", "choices"),
    "quantization": ("method", "min_compute_capability", "computes_in", "at_load"),
    "fp16_refused": ("model_type", "why"),
    "environment": ("name",),
    "parsers": ("parser", "kind"),
    "attention": ("backend", "mla", "sparse", "compute_capabilities"),
    "metrics": ("metric", "kind", "labels", "unit", "since"),
}


@dataclass(frozen=True)
class Architecture:
    """A class of vLLM that serves models, or has served them."""

    name: str
    kind: str
    score: str  # how a pooling model scores a pair: bi-encoder, cross-encoder, late-interaction; blank: not seen
    pooling: str  # the token whose vector is the embedding: LAST, CLS, MEAN, ALL; blank: not seen
    last_version: str  # the last vLLM that served it, if it was dropped
    plugin: str  # where its code is, if a plugin serves it


@dataclass(frozen=True)
class Method:
    """A value of --quantization."""

    name: str
    min_compute_capability: float
    computes_in: tuple[str, ...]  # fp16, bf16, fp32
    at_load: bool


@dataclass(frozen=True)
class Backend:
    """An attention kernel for NVIDIA's cards."""

    name: str
    mla: bool
    sparse: bool
    compute_capabilities: frozenset[float]


@dataclass(frozen=True)
class Build:
    """The versions that were read, and those with which their packages were built."""

    version: str
    read: object
    torch: str
    cuda: str
    source: str


@dataclass(frozen=True)
class Facts:
    build: Build
    architectures: Mapping[str, Architecture]
    flags: Mapping[str, Flag]
    methods: Mapping[str, Method]
    fp16_refused: Mapping[str, str]  # model type -> why
    environment: frozenset[str]
    parsers: Mapping[str, tuple[str, ...]]  # tool, reasoning
    backends: Mapping[str, Backend]
    metrics: Mapping[str, Metric]


@cache
def facts() -> Facts:
    return without_mistakes(lambda mistakes: read(DATA, mistakes))


@cache
def grammar(*, plugins: bool = False) -> Grammar:
    """The flags of vLLM. Parsers of tools and of reasoning are limited to its own, unless plugins may add others."""
    known = facts()
    flags = dict(known.flags)
    for flag, kind in (("--tool-call-parser", "tool"), ("--reasoning-parser", "reasoning")):
        flags[flag] = replace(flags[flag], choices=() if plugins else known.parsers[kind])
    return Grammar(f"vLLM {known.build.version}", flags, GONE)


def read(folder: Path, mistakes: list[str]) -> Facts | None:
    """The facts in a folder; None if build.toml can't be read, which then is one of the `mistakes`."""
    tables = {name: Table(folder / FOLDER / f"{name}.csv", columns, mistakes) for name, columns in TABLES.items()}
    build = section("build.toml", Build, (), read_toml(folder / FOLDER / "build.toml"), mistakes)
    parsers = [(row.one_of("kind", "tool", "reasoning"), row.text("parser")) for row in tables["parsers"].rows()]
    if build is None:
        return None
    return Facts(
        build=build,
        architectures=tables["architectures"].by("architecture", _architecture),
        flags=tables["flags"].by("flag", _flag),
        methods=tables["quantization"].by("method", _method),
        fp16_refused=tables["fp16_refused"].by("model_type", lambda row: row.text("why")),
        environment=frozenset(tables["environment"].by("name", lambda row: row.text("name"))),
        parsers=MappingProxyType({each: tuple(n for k, n in parsers if k == each) for each in ("tool", "reasoning")}),
        backends=tables["attention"].by("backend", _backend),
        metrics=tables["metrics"].by("metric", _metric),
    )


def _architecture(row: Row) -> Architecture:
    return Architecture(
        row.text("architecture"),
        row.one_of("kind", *KINDS),
        *(row.text_or_none(column) or "" for column in ("score", "pooling", "last_version", "plugin")),
    )


def _flag(row: Row) -> Flag:
    return Flag(
        _words(row, "flag"), row.one_of("takes", *TAKES), row.text_or_none("type") or "", _words(row, "choices")
    )


def _method(row: Row) -> Method:
    return Method(
        row.text("method"), row.number("min_compute_capability"), _words(row, "computes_in"), row.flag("at_load")
    )


def _backend(row: Row) -> Backend:
    runs = frozenset(float(each) for each in _words(row, "compute_capabilities"))
    return Backend(row.text("backend"), row.flag("mla"), row.flag("sparse"), runs)


def _metric(row: Row) -> Metric:
    kind = row.one_of("kind", *METRIC_KINDS)
    unit = row.text_or_none("unit") or ""
    return Metric(row.text("metric"), kind, frozenset(_words(row, "labels")), unit, row.text("since"))


def _words(row: Row, column: str) -> tuple[str, ...]:
    return tuple((row.text_or_none(column) or "").split())
