"""How the pods of a model server may read its weights from a bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

# Of the Secret that others make; the last two may be missing.
KEYS = {"AWS_ACCESS_KEY_ID": True, "AWS_SECRET_ACCESS_KEY": True, "AWS_REGION": False, "AWS_ENDPOINT_URL": False}


@dataclass(frozen=True)
class BucketAccess:
    """A service account that may read it, or a Secret of the pods' namespace whose keys are variables."""

    service_account: str | None = None
    secret: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[pulumi.Resource] = ()  # a pod gets its rights only when it starts
