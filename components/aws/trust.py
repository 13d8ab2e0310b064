"""Who may assume an IAM role."""

import json
from collections.abc import Sequence


def trust(service: str, actions: str | Sequence[str] = "sts:AssumeRole") -> str:
    """The trust policy of a role that an AWS service assumes, as JSON."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
