"""The `aws:` keys of a stack. The program makes its own provider, so a key that isn't passed on here has no effect."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.config_keys import PLATFORM
from infra.settings.mistakes import Report, shown, unknown_key

REGION, PROFILE, DEFAULT_TAGS = "aws:region", "aws:profile", "aws:defaultTags"
KNOWN = (REGION, PROFILE, DEFAULT_TAGS)
# Keys that the provider knows and this program doesn't read, and what to write instead.
ELSEWHERE = {
    "aws:allowedAccountIds": "write cluster.create.accountId instead",
    "aws:forbiddenAccountIds": "write cluster.create.accountId, the one account that is right, instead",
    "aws:assumeRole": "write aws:profile: NAME of a profile with role_arn, in ~/.aws/config",
    "aws:assumeRoles": "write aws:profile: NAME of a profile with role_arn, in ~/.aws/config",
}
_CREDENTIALS = "leave it out; credentials come from aws:profile or from the environment (AWS_ACCESS_KEY_ID, ...)"
ELSEWHERE |= dict.fromkeys(("aws:accessKey", "aws:secretKey", "aws:token"), _CREDENTIALS)


@dataclass(frozen=True)
class AwsConfig:
    """How AWS is reached; the region is kept elsewhere."""

    profile: str | None = None  # of the AWS CLI's configuration; None: the environment decides
    tags: Mapping[str, str] = field(default_factory=dict)  # of every resource, in addition to the section `tags`


def read_aws_config(keys: Mapping[str, Any], *, on_aws: bool, report: Report) -> AwsConfig:
    """The values of the `aws:` keys. `on_aws`: false where a kubeconfig context reaches the cluster, without AWS."""
    for key in sorted(key for key in keys if key.startswith("aws:") and key not in KNOWN):
        if key in ELSEWHERE:
            report.always((key,), "isn't read: the program names its own provider", ELSEWHERE[key])
        else:
            report.always((key,), f"{unknown_key(key, KNOWN)}; what isn't known here would do nothing", "leave it out")
    for key in (PROFILE, DEFAULT_TAGS):
        if key in keys and not on_aws:
            got = "the cluster is a kubeconfig context, so AWS isn't asked for anything"
            report.always((key,), got, "leave it out; the context names its own credentials")
    return AwsConfig(_profile(keys.get(PROFILE), report), _tags(keys.get(DEFAULT_TAGS), report))


def _profile(value: Any, report: Report) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    report.always((PROFILE,), f"got {shown(value)}; allowed: a profile's name", "write aws:profile: platform")
    return None


def _tags(value: Any, report: Report) -> Mapping[str, str]:
    """The Pulumi engine passes a mapping as JSON."""
    with contextlib.suppress(json.JSONDecodeError):
        value = json.loads(value) if isinstance(value, str) else value
    tags = value.get("tags") if isinstance(value, Mapping) and list(value) == ["tags"] else None
    if isinstance(tags, Mapping) and all(isinstance(each, str) for pair in tags.items() for each in pair):
        return dict(tags)
    if value is not None:
        got = f"got {shown(value)}; allowed: {{tags: {{KEY: VALUE}}}}"
        report.always((DEFAULT_TAGS,), got, f"write the tags below tags: in {PLATFORM}, e.g. {{team: ml}}")
    return {}
