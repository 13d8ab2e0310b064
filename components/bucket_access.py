"""How the pods of a model server may read its weights from a bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi


@dataclass(frozen=True)
class BucketAccess:
    """A service account that may read it, or a Secret of the pods' namespace with keys."""

    service_account: str | None = None
    cidrs: Sequence[str] = ()  # where HTTPS reaches it; (): at any address, since no policy can name a bucket
    agent: tuple[str, int] | None = None  # the CIDR and port from which pods of that account get their rights
    secret: str | None = None
    keys: Mapping[str, bool] = field(default_factory=dict)  # of the Secret, each a variable: whether it must be there
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    after: Sequence[pulumi.Resource] = ()  # a pod gets its rights only when it starts
