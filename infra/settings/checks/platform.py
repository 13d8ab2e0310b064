"""Rules for `namespace`, `mirror` and `allow`."""

import difflib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

from infra.project import PROJECT
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean
from infra.settings.platform import GUARDED

_CHARTS: Key = ("mirror", "charts")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_POOL_NAME = re.compile(r"[a-z]([-a-z0-9]{0,28}[a-z0-9])?")
_CALLED: Mapping[str, str] = {
    "provider": "kubernetes",
    "system": "systemNodes",
    **dict.fromkeys(("weights", "claim", "pvc"), "cache"),
}


def check_platform(scope: Scope) -> None:
    _check_namespace(scope)
    _check_mirror(scope)
    _check_allow(scope)


def _check_namespace(scope: Scope) -> None:
    name, create = scope.settings.namespace.name, scope.settings.namespace.create
    if create and (name == "default" or name.startswith("kube-")):
        reads: list[Key] = [("namespace", "create")]
        got = f"the namespace {name} belongs to Kubernetes and can't be created"
        scope.report.wrong(("namespace", "name"), got, "write another name, e.g. llm", reads=reads)


def _check_mirror(scope: Scope) -> None:
    charts = scope.settings.mirror.charts
    if charts is None:
        return
    if PurePosixPath(charts).is_absolute() or PureWindowsPath(charts).is_absolute() or charts.startswith("~"):
        got = "an absolute path, which differs on each machine and would show as a diff"
        scope.report.wrong(_CHARTS, got, "write a path relative to the program, e.g. charts, or a URL")
    elif scheme := _SCHEME.match(charts):
        if scheme[1].lower() not in ("http", "https"):
            got = f"{scheme[1]}: a chart is fetched as <chart>-<version>.tgz, over http or https"
            scope.report.wrong(_CHARTS, got, "write an https URL, or a folder of the project")
    elif not (PROJECT / charts).is_dir():
        scope.report.wrong(_CHARTS, f"{PROJECT / charts}: no such folder", "write a folder that exists, or a URL")


def _check_allow(scope: Scope) -> None:
    """`allow.remove` may name any pool, because a removed pool is no longer in the stack file; `allow.replace` may name
    only pools that are."""
    settings = scope.settings
    made = (name.replace(".", "-") for name in scope.catalog.instances)
    pools = set(settings.gpu_pools or made)
    guarded = (*GUARDED, *scope.in_allow)
    called = {**_CALLED, **scope.called}
    for act, names in (("replace", settings.allow.replace), ("remove", settings.allow.remove)):
        for index, name in enumerate(names):
            gone = act == "remove" and _POOL_NAME.fullmatch(name) and name not in called and not _is_mistyped(name)
            if name in guarded or name in pools or gone:
                continue
            meant = called.get(name.lower()) or did_you_mean(name, (*guarded, *settings.gpu_pools))
            known = ", ".join((*sorted(settings.gpu_pools), *guarded))
            write = f"write {meant}" if meant else f"write one of {known}"
            scope.report.wrong(("allow", act, index), f"{name!r} isn't the name of a guarded resource", write)


def _is_mistyped(name: str) -> bool:
    return any(difflib.SequenceMatcher(None, name, each).ratio() > 0.85 for each in GUARDED)
