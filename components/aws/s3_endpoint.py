"""The interface endpoint of S3: addresses inside the VPC by which everything there reaches a bucket."""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

_HTTPS = 443


class S3Endpoint(pulumi.ComponentResource):
    """A separate subnet in each zone, so that a NetworkPolicy can name it; S3's regional names lead there for every
    client of the VPC. Through it the account's own roles do what their rights say; anybody else, such as a registry
    whose signed URLs nodes follow, may only have objects read: nothing is written to somebody else's bucket."""

    def __init__(
        self,
        name: str,
        *,
        vpc_name: str,
        vpc: aws.ec2.Vpc,
        cidr: str,
        subnet_cidrs: Mapping[str, str],
        region: str,
        gateway: aws.ec2.VpcEndpoint,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`subnet_cidrs`: by zone id. `gateway`: the other endpoint of S3, which AWS asks for before it takes private
        names for some clients alone; it stays for names that aren't of the region."""
        super().__init__("llm:aws:S3Endpoint", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        subnets = [
            aws.ec2.Subnet(
                f"{name}-{zone}",
                vpc_id=vpc.id,
                availability_zone_id=zone,
                cidr_block=subnet_cidr,
                tags={"Name": f"{vpc_name}-s3-{zone}"},
                opts=child,
            )
            for zone, subnet_cidr in sorted(subnet_cidrs.items())
        ]
        group = aws.ec2.SecurityGroup(
            f"{name}-clients", description=f"HTTPS to S3 in {vpc_name}", vpc_id=vpc.id, opts=child
        )
        clients = aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-vpc",
            description="HTTPS from the VPC",
            security_group_id=group.id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=_HTTPS,
            to_port=_HTTPS,
            opts=child,
        )
        # S3's names lead there from the moment it is made, so its clients are admitted before.
        aws.ec2.VpcEndpoint(
            f"{name}-interface",
            vpc_id=vpc.id,
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.{region}.s3",
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            dns_options=aws.ec2.VpcEndpointDnsOptionsArgs(
                dns_record_ip_type="ipv4",
                private_dns_only_for_inbound_resolver_endpoint=False,  # by default clients of the VPC don't use it
            ),
            policy=vpc.owner_id.apply(_policy),
            tags={"Name": f"{vpc_name}-s3-interface"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[clients, gateway]),
        )
        self.register_outputs({})


def _policy(account_id: str) -> str:
    ours = {
        "Sid": "OwnRoles",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": account_id}},
    }
    images = {"Sid": "Images", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [ours, images]})
