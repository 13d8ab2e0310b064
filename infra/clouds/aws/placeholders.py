"""Values that AWS reserves for its documentation, which the shipped stack files contain."""

import re
from collections.abc import Callable, Iterator

from infra.plan.notes import Note
from infra.settings.platform import Settings

_ACCOUNT = re.compile(  # as an account's id is written: alone, in an ARN, in the name of a registry
    r"^(?:arn:[^:]*:[^:]*:[^:]*:)?(?:111122223333|444455556666|777788889999|123456789012|012345678901|(\d)\1{11})"
    r"(?:$|:|\.dkr\.ecr\.)"
)
_CERTIFICATE = re.compile(r"^arn:[^:]+:acm:[^:]*:\d*:certificate/(.*)$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AWS_ID = re.compile(r"^(?:vpc|subnet|sg)-([0-9a-f]+)$")
_AWS_ID_LENGTHS = (8, 17)
_API_FROM, _CERTIFICATE_ARN = "cluster.create.access.apiFrom", "gateway.certificateArn"


def reserved(text: str) -> str | None:
    """What a text is, if AWS reserves it for documentation; None: it may belong to somebody."""
    if certificate := _CERTIFICATE.match(text):
        invented = _ACCOUNT.search(text) or not _UUID.fullmatch(certificate[1])
        return "an invented certificate" if invented else None
    if (aws_id := _AWS_ID.match(text)) and len(aws_id[1]) not in _AWS_ID_LENGTHS:
        return "an invented id"
    if _ACCOUNT.search(text):
        return (
            "in an account that only documentation uses"
            if text.startswith("arn:")
            else "an account that only documentation uses"
        )
    return None


def that_stop(settings: Settings, reserved: Callable[[str], str | None]) -> Iterator[Note]:
    """Placeholders with which nobody could reach what `up` creates."""
    create, gateway = settings.cluster.create, settings.gateway
    near = create.access.api_from if create is not None else ()
    if near and all(reserved(cidr) for cidr in near):
        message = (
            f"{', '.join(near)}: only addresses reserved for documentation may reach the cluster's API, so nobody can"
        )
        yield Note(_API_FROM, f'{message}; write apiFrom: ["YOUR.OWN.ADDRESS/32"]')
    if gateway is not None and gateway.certificate_arn is not None and (what := reserved(gateway.certificate_arn)):
        message = f"{gateway.certificate_arn} is {what}: the load balancer would serve nothing"
        yield Note(_CERTIFICATE_ARN, f"{message}; `aws acm list-certificates` lists yours")
