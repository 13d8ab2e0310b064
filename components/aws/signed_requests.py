"""How KEDA queries Amazon Managed Prometheus, which requires signed requests (SigV4)."""


def pod_identity(role_arn: str | None) -> dict[str, str]:
    """With the permissions of KEDA's operator, or those of a role."""
    return {"provider": "aws"} | ({"roleArn": role_arn} if role_arn is not None else {})


def trigger_metadata(region: str) -> dict[str, str]:
    """KEDA signs requests if a region is given and no other login mode."""
    return {"awsRegion": region}
