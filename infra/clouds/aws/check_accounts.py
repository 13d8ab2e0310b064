"""Accounts that are mistyped: one digit is another one, or two neighbours have changed places."""

from collections import Counter
from collections.abc import Iterator, Mapping

from infra.clouds.aws.arns import accounts_by_key
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key, dotted

_ACCOUNT_ID: Key = ("cluster", "create", "accountId")


def check_accounts(scope: Scope) -> None:
    """What most of the file names is meant; of as many the account of the cluster, or what is named first."""
    found = dict(_found(scope))
    votes = Counter(found.values())
    for key, account in found.items():
        meant = next((each for each in votes if votes[each] >= votes[account] and _is_near(account, each)), None)
        if meant is not None and (votes[meant] > votes[account] or _is_first(found, meant, account)):
            _report(scope, key, account, meant, next(other for other in found if found[other] == meant))


def _found(scope: Scope) -> Iterator[tuple[Key, str]]:
    create = scope.settings.cluster.create
    if create is not None and create.account_id is not None:
        yield _ACCOUNT_ID, create.account_id
    yield from accounts_by_key(scope.platform)


def _is_near(one: str, other: str) -> bool:
    differ = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(differ) == 2:
        first, second = differ
        return second == first + 1 and one[first] == other[second] and one[second] == other[first]
    return len(differ) == 1


def _is_first(found: Mapping[Key, str], one: str, other: str) -> bool:
    named = [*found.values()]
    return named.index(one) < named.index(other)


def _report(scope: Scope, key: Key, account: str, meant: str, where: Key) -> None:
    written = scope.platform
    for part in key:
        written = written[part]
    name = f"{key[-1]}: " if isinstance(key[-1], str) else ""
    value = str(written).replace(account, meant, 1) if key != _ACCOUNT_ID else f'"{meant}"'
    got = f"account {account}, and {dotted(where)} names {meant}: one of them is mistyped"
    scope.report.wrong(key, got, f"write {name}{value}")
    scope.report.broken(key)
