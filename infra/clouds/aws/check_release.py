"""The rule that nodes and kube-proxy have the control plane's minor version."""

from collections.abc import Sequence

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key


def check_release(scope: Scope, section: Key, version: str | None, release: str | None) -> None:
    """`section`: where both are written."""
    key: Key = (*section, "amiRelease")
    if version is None and release is not None:
        minor = release.rpartition(".")[0]
        scope.report.wrong(key, "of no version", f'write version: "{minor}" beside it')
    row = scope.catalog.aws.versions.get(version or "")
    if row is not None and release is not None:
        check_minor(scope, key, release, row.ami_release, of=row.version, reads=[(*section, "version")])


def check_minor(scope: Scope, key: Key, value: str, known: str, *, of: str, reads: Sequence[Key]) -> None:
    if not value.removeprefix("v").startswith(f"{of}."):
        got = f"{value} isn't of the cluster's version {of}"
        scope.report.wrong(key, got, f"write {known}, or leave it out", reads=list(reads))
