"""The region and the account of an ARN, and example ARNs with those of the stack."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from infra.settings.mistakes import Key

EXAMPLE_ACCOUNT, _EXAMPLE_REGION, _NO_REGION = "111122223333", "us-east-1", "REGION"
_EXAMPLE = re.compile(rf"(arn:aws:[a-z0-9]+:|(?<![\w.:])region: ){_EXAMPLE_REGION}\b")
_EXAMPLE_ACCOUNT = re.compile(rf"(arn:aws[a-z-]*:[a-z0-9-]+:[A-Za-z0-9-]*:|accountId: \"?){EXAMPLE_ACCOUNT}\b")
_ACCOUNT = re.compile(r"\d{12}")
_OF_AN_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9]+:[a-z0-9-]*:(\d{12}):")


def region_of(arn: str) -> str:
    return arn.split(":")[3]


def account_of(arn: str) -> str:
    return arn.split(":")[4]


def of_the_stack(text: str, region: str | None, account: str | None) -> str:
    """A text whose examples name the region and the account that the stack file does; where it names no region, none
    is proposed."""
    placed = _EXAMPLE.sub(rf"\g<1>{region or _NO_REGION}", text)
    return _EXAMPLE_ACCOUNT.sub(rf"\g<1>{account or EXAMPLE_ACCOUNT}", placed)


def written_account(platform: Any) -> str | None:
    """`cluster.create.accountId`, where it is one; else the account that its ARNs name."""
    written = platform
    for key in ("cluster", "create", "accountId"):
        written = written.get(key) if isinstance(written, Mapping) else None
    if isinstance(written, str | int) and _ACCOUNT.fullmatch(digits := re.sub(r"[\s-]", "", str(written))):
        return digits
    found = Counter(each for _, each in accounts_by_key(platform) if each != EXAMPLE_ACCOUNT)
    return next((account for account, _ in found.most_common(1)), None)


def accounts_by_key(value: Any, key: Key = ()) -> Iterator[tuple[Key, str]]:
    """Of each ARN in a section as it is written."""
    if isinstance(value, str):
        yield from ((key, account) for account in _OF_AN_ARN.findall(value))
    elif isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for part, each in items:
            yield from accounts_by_key(each, (*key, part))
