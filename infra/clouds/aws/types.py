"""Types of values that name something in AWS, each with a pattern and an example."""

from typing import Annotated

from infra.settings.types import pattern

# EKS: 1-100 characters, letters, digits, hyphens and underscores, beginning with a letter or digit.
ClusterName = Annotated[str, pattern(r"^[0-9A-Za-z][-_0-9A-Za-z]{0,99}$", "llm-prod", "EKS cluster name")]
ZoneId = Annotated[str, pattern(r"^[a-z]{3,4}\d-az\d$", "use1-az1", "availability-zone id")]
IamArn = Annotated[
    str,
    pattern(r"^arn:aws(-[a-z]+)*:iam::\d{12}:(role|user)/.+$", "arn:aws:iam::111122223333:role/platform", "IAM ARN"),
]
AddonVersion = Annotated[
    str, pattern(r"^v\d+\.\d+\.\d+-eksbuild\.\d+$", "v1.21.1-eksbuild.1", "version of an EKS add-on")
]
AmiRelease = Annotated[str, pattern(r"^1\.\d\d\.\d+-\d{8}$", "1.35.6-20260714", "release of EKS's AMI")]
PlacementGroup = Annotated[
    str,
    pattern(r"^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$", "spread", "placement group's name, spread, or partition"),
]
AccountId = Annotated[str, pattern(r"^\d{12}$", "111122223333", "AWS account id, quoted")]
RoleArn = Annotated[
    str,
    pattern(r"^arn:aws(-[a-z]+)*:iam::\d{12}:role/.+$", "arn:aws:iam::111122223333:role/prometheus", "role ARN"),
]
CertificateArn = Annotated[
    str,
    pattern(
        r"^arn:aws(-[a-z]+)*:acm:[-a-z0-9]+:\d{12}:certificate/[-0-9a-f]+$",
        "arn:aws:acm:us-east-1:111122223333:certificate/5f0c",
        "ACM certificate ARN",
    ),
]
WebAclArn = Annotated[
    str,
    pattern(
        r"^arn:aws(-[a-z]+)*:wafv2:[-a-z0-9]+:\d{12}:(regional|global)/webacl/[-\w]+/[-0-9a-f]+$",
        "arn:aws:wafv2:us-east-1:111122223333:regional/webacl/llm/5f0c",
        "web ACL ARN",
    ),
]
VpcId = Annotated[str, pattern(r"^vpc-[0-9a-f]+$", "vpc-0ab1", "VPC id")]
SubnetId = Annotated[str, pattern(r"^subnet-[0-9a-f]+$", "subnet-0ab1", "subnet id")]
SecurityGroupId = Annotated[str, pattern(r"^sg-[0-9a-f]+$", "sg-0ab1", "security group id")]
