"""Rules for Prometheus: whether there is one, where one that exists is, and how KEDA logs in there."""

import re
from urllib.parse import urlsplit

from infra.services.addons.check import needs, or_fixed, state_of
from infra.services.addons.section import ExistingPrometheus
from infra.services.monitoring.section import PrometheusLogin
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key

_KEY: Key = ("addons", "prometheus", "existing")
_URL: Key = (*_KEY, "url")
_AUTH: Key = (*_KEY, "auth")
AMAZON = re.compile(r"aps-workspaces(?:-fips)?\.([a-z0-9-]+)\.")
_FORMS = "bearerSecret: {name: ...}, basicSecret: {name: ...} or sigv4: {}"
_WORKSPACE = "with the region of the workspace, as in its address"


def check_prometheus(scope: Scope) -> None:
    addon = scope.settings.addons.prometheus
    if addon.existing is not None:
        _check_existing(scope, addon.existing)
    scaled, state = next(needs(scope, "prometheus"), None), state_of(scope, "prometheus", addon)
    if scaled is None or state != "existing" or (addon.existing is not None and addon.existing.url):
        return
    got = f"{scaled[0]}, and its address isn't given"
    write = "write prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}, or install"
    if not any(scope.written(("addons", name)) for name in ("keda", "prometheus")):
        write += "; and keda: install beside it, or existing where the cluster has it"
    write += or_fixed(scope, scaled[1])
    scope.report.wrong(_KEY[:-1], got, write, reads=[scaled[1], *CLUSTER_KIND, _URL])


def _check_existing(scope: Scope, existing: ExistingPrometheus) -> None:
    if existing.url is not None:
        _check_url(scope, existing.url)
        _check_amazon(scope, existing.url, existing.auth)
    if existing.auth is not None:
        _check_login(scope, existing, existing.auth)


def _check_url(scope: Scope, url: str) -> None:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        got = "contains a login, readable to everybody (not shown). Change the password, then put it into a Secret"
        scope.report.wrong(_URL, got, "write the address without it, and add auth: {basicSecret: {name: ...}}")
    elif "/api/v1" in parts.path:
        address = url[: url.index("/api/v1")]
        scope.report.wrong(
            _URL, "contains /api/v1, and KEDA adds /api/v1/query to the address", f"write url: {address}"
        )


def _check_amazon(scope: Scope, url: str, login: PrometheusLogin | None) -> None:
    amazon = AMAZON.search(url)
    if amazon is not None and (login is None or login.sigv4 is None):
        got = "Amazon Managed Prometheus answers signed requests only: KEDA would never get a number"
        scope.report.wrong(_AUTH, got, "write auth: {sigv4: {}} next to url", reads=[_URL, _AUTH])
    elif amazon is not None and login is not None and login.sigv4 is not None:
        region = login.sigv4.region
        if region is not None and region != amazon[1]:
            got = f"{region}, and the workspace is in {amazon[1]}"
            where: Key = (*_AUTH, "sigv4", "region")
            scope.report.wrong(where, got, f"write region: {amazon[1]}, or leave it out", reads=[_URL, where])


def _check_login(scope: Scope, existing: ExistingPrometheus, login: PrometheusLogin) -> None:
    forms = ("bearerSecret", "basicSecret", "sigv4")
    given = [name for name in forms if scope.written((*_AUTH, name))]
    if len(given) > 1 or not (given or scope.written((*_AUTH, "caSecret"))):
        got = f"got {' and '.join(given) or 'none'}; needs exactly one way to log in"
        mistyped: list[Key] = [] if given else [(*_AUTH, name) for name in forms]
        scope.report.out_of_place(_AUTH, got, f"write {_FORMS}", reads=mistyped)
    if login.ca_secret is not None:
        _check_ca(scope, existing, login)
    if not scope.written(_URL):
        scope.report.out_of_place(_AUTH, "a login without an address", "write url next to it", reads=[_URL])
    elif login.sigv4 is not None and login.sigv4.region is None and AMAZON.search(existing.url or "") is None:
        where: Key = (*_AUTH, "sigv4", "region")
        known = len(scope.regions_meant) == 1
        write = f"write region: {scope.regions_meant[0]}" if known else f"write sigv4: {{region: ...}} {_WORKSPACE}"
        scope.report.wrong(where, "missing; the URL names none", write, reads=[_URL, where])


def _check_ca(scope: Scope, existing: ExistingPrometheus, login: PrometheusLogin) -> None:
    where: Key = (*_AUTH, "caSecret")
    if login.sigv4 is not None:
        got = "KEDA reads no CA where it signs requests, and Amazon's certificates are signed by a public one"
        scope.report.wrong(where, got, "leave caSecret out", reads=[where, (*_AUTH, "sigv4")])
    elif existing.url is not None and existing.url.startswith("http://"):
        got = "a CA, and an http:// address has no certificate"
        scope.report.wrong(where, got, "write https:// in url, or leave caSecret out", reads=[where, _URL])
