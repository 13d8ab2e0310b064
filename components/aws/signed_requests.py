"""How KEDA asks a Prometheus of AWS, whose requests are signed (SigV4)."""


def pod_identity(role_arn: str | None) -> dict[str, str]:
    """With KEDA's own rights, or those of a role."""
    return {"provider": "aws"} | ({"roleArn": role_arn} if role_arn is not None else {})


def trigger_metadata(region: str) -> dict[str, str]:
    """KEDA signs requests where a region is given and no mode of another login is."""
    return {"awsRegion": region}
