"""Rules for the rest: namespace, mirror, tags, prices, allow."""

import difflib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

from infra.catalog import read_price_table
from infra.project import PROJECT
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, did_you_mean
from infra.settings.platform import GUARDED

# AWS allows 50 tags a resource; node groups and subnets carry up to 10 of the program's own.
_MOST_TAGS, _LONGEST_TAG, _LONGEST_VALUE = 40, 128, 256
_TAG_TEXT = re.compile(r"[\w .:/=+@-]*")
_CHARTS: Key = ("mirror", "charts")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_POOL_NAME = re.compile(r"[a-z]([-a-z0-9]{0,28}[a-z0-9])?")
_CALLED: Mapping[str, str] = {
    "eks": "cluster",
    "vpc": "network",
    "provider": "kubernetes",
    "system": "systemNodes",
    **dict.fromkeys(("efs", "ebs", "weights", "claim", "pvc", "bucket"), "cache"),
}
_OUR_TAGS = re.compile(r"Name$|kubernetes\.io/|k8s\.io/|eks:|karpenter\.sh/")


def check_platform(scope: Scope) -> None:
    _check_namespace(scope)
    _check_mirror(scope)
    _check_tags(scope)
    _check_prices(scope)
    _check_allow(scope)


def _check_namespace(scope: Scope) -> None:
    name, create = scope.settings.namespace.name, scope.settings.namespace.create
    if create and (name == "default" or name.startswith("kube-")):
        reads: list[Key] = [("namespace", "create")]
        got = f"{name} is Kubernetes' own, it can't be created"
        scope.report.wrong(("namespace", "name"), got, "write another name, e.g. llm", reads=reads)


def _check_mirror(scope: Scope) -> None:
    charts = scope.settings.mirror.charts
    if charts is None:
        return
    if PurePosixPath(charts).is_absolute() or PureWindowsPath(charts).is_absolute() or charts.startswith("~"):
        got = "an absolute path: each checkout would show a diff"
        scope.report.wrong(_CHARTS, got, "write a path relative to the program, e.g. charts, or a URL")
    elif scheme := _SCHEME.match(charts):
        if scheme[1].lower() not in ("http", "https"):
            got = f"{scheme[1]}: a chart is fetched as <chart>-<version>.tgz, over http or https"
            scope.report.wrong(_CHARTS, got, "write an https URL, or a folder of the project")
    elif not (PROJECT / charts).is_dir():
        scope.report.wrong(_CHARTS, f"{PROJECT / charts}: no such folder", "write a folder that exists, or a URL")


def _check_tags(scope: Scope) -> None:
    tags = scope.settings.tags
    if len(tags) > _MOST_TAGS:
        got = f"{len(tags)} tags; AWS allows 50 a resource, some of them the program's own"
        scope.report.wrong(("tags",), got, f"write {_MOST_TAGS} at most")
    for name, value in tags.items():
        key: Key = ("tags", name)
        if name.lower().startswith("aws:"):
            scope.report.wrong(key, "aws: is reserved by AWS", "write another name")
        elif _OUR_TAGS.match(name):
            scope.report.wrong(key, "the program and Kubernetes set this tag", "write another name")
        elif not 1 <= len(name) <= _LONGEST_TAG or len(value) > _LONGEST_VALUE:
            got = f"AWS allows names of 1 to {_LONGEST_TAG} characters and values of at most {_LONGEST_VALUE}"
            scope.report.wrong(key, got, "write it shorter" if name else "write a name")
        elif not _TAG_TEXT.fullmatch(name) or not _TAG_TEXT.fullmatch(value):
            scope.report.wrong(
                key, "AWS allows letters, digits, spaces and _ . : / = + - @", "write it without the others"
            )


def _check_prices(scope: Scope) -> None:
    table = scope.settings.prices.table
    if table is not None:
        types = (*scope.catalog.instances, *scope.catalog.aws.cpu_instances)
        for mistake in read_price_table(table, types)[1]:
            scope.report.wrong(("prices", "table"), mistake, "write a CSV of instance_type,usd_per_hour")


def _check_allow(scope: Scope) -> None:
    """What was removed is in no stack file any more, so any pool's name may be; what is replaced is there."""
    settings = scope.settings
    made = (name.replace(".", "-") for name in scope.catalog.instances)
    pools = set(settings.gpu_pools or made)
    guarded = (*GUARDED, *scope.services)
    for act, names in (("replace", settings.allow.replace), ("remove", settings.allow.remove)):
        for index, name in enumerate(names):
            gone = act == "remove" and _POOL_NAME.fullmatch(name) and name not in _CALLED and not _is_mistyped(name)
            if name in guarded or name in pools or gone:
                continue
            meant = _CALLED.get(name.lower()) or did_you_mean(name, (*guarded, *settings.gpu_pools))
            known = ", ".join((*sorted(settings.gpu_pools), *guarded))
            write = f"write {meant}" if meant else f"write one of {known}"
            scope.report.wrong(("allow", act, index), f"{name!r} is nothing that is guarded here", write)


def _is_mistyped(name: str) -> bool:
    return any(difflib.SequenceMatcher(None, name, each).ratio() > 0.85 for each in GUARDED)
