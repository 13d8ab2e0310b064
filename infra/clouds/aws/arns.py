"""The region and the account of an ARN, and example ARNs with those of the stack."""

import re
from collections.abc import Mapping
from typing import Any

EXAMPLE_ACCOUNT, _EXAMPLE_REGION = "111122223333", "us-east-1"
_EXAMPLE = re.compile(rf"(arn:aws:[a-z0-9]+:)({_EXAMPLE_REGION})?:{EXAMPLE_ACCOUNT}(?=:)")


def region_of(arn: str) -> str:
    return arn.split(":")[3]


def account_of(arn: str) -> str:
    return arn.split(":")[4]


def of_the_stack(text: str, region: str | None, account: str | None) -> str:
    """A text whose example ARNs name the region and the account that the stack file does."""

    def written(match: re.Match[str]) -> str:
        where = (region or _EXAMPLE_REGION) if match[2] else ""
        return f"{match[1]}{where}:{account or EXAMPLE_ACCOUNT}"

    return _EXAMPLE.sub(written, text)


def written_account(platform: Any) -> str | None:
    """`cluster.create.accountId`, where it is one."""
    for key in ("cluster", "create", "accountId"):
        platform = platform.get(key) if isinstance(platform, Mapping) else None
    return platform if isinstance(platform, str) and re.fullmatch(r"\d{12}", platform) else None
