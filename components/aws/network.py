"""A VPC with a public and a private subnet in each zone."""

import ipaddress
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.aws.s3_endpoint import S3Endpoint
from components.aws.trust import trust


class Network(pulumi.ComponentResource):
    """VPC, subnets by zone id, NAT, and an S3 gateway endpoint, so that images and weights from S3 cause no NAT costs;
    a log of its connections, and a default security group that allows no traffic.

    Nodes and load balancers depend on the component: its routes must be deleted after them.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: dict[str, pulumi.Output[str]]  # by zone id
    public_subnet_ids: dict[str, pulumi.Output[str]]  # for load balancers and NAT only: no nodes and no pods
    zone_names: dict[str, pulumi.Output[str]]  # what this account calls the zone: use1-az1 -> us-east-1c

    def __init__(
        self,
        name: str,
        *,
        vpc_name: str,
        cidr: str,
        zone_ids: Sequence[str],
        nat_per_zone: bool,
        region: str,
        log_days: int,
        s3_cidrs: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`s3_cidrs`: by zone id, of addresses by which S3 is reached inside the VPC; none: by its public ones."""
        super().__init__("llm:aws:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        zone_ids = sorted(zone_ids)

        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,  # EFS mounts by DNS name
            tags={"Name": vpc_name},
            opts=child,
        )
        # A network interface without a security group gets the VPC's default group, which AWS creates with its
        # members open to each other.
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=vpc.id, tags={"Name": f"{vpc_name}-closed"}, opts=child)
        _flow_logs(name, vpc_name, vpc, log_days, child)
        gateway = aws.ec2.InternetGateway(f"{name}-internet", vpc_id=vpc.id, tags={"Name": vpc_name}, opts=child)
        public_routes = aws.ec2.RouteTable(
            f"{name}-public", vpc_id=vpc.id, tags={"Name": f"{vpc_name}-public"}, opts=child
        )
        internet = aws.ec2.Route(
            f"{name}-public-internet",
            route_table_id=public_routes.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=child,
        )

        public: dict[str, aws.ec2.Subnet] = {}
        for zone in zone_ids:
            public[zone] = aws.ec2.Subnet(
                f"{name}-public-{zone}",
                vpc_id=vpc.id,
                availability_zone_id=zone,
                cidr_block=public_cidr(cidr, zone),
                tags={"Name": f"{vpc_name}-public-{zone}", "kubernetes.io/role/elb": "1"},
                opts=child,
            )
            aws.ec2.RouteTableAssociation(
                f"{name}-public-{zone}", subnet_id=public[zone].id, route_table_id=public_routes.id, opts=child
            )

        nats: dict[str, aws.ec2.NatGateway] = {}
        for zone in zone_ids if nat_per_zone else zone_ids[:1]:
            address = aws.ec2.Eip(
                f"{name}-nat-{zone}", domain="vpc", tags={"Name": f"{vpc_name}-nat-{zone}"}, opts=child
            )
            nats[zone] = aws.ec2.NatGateway(
                f"{name}-nat-{zone}",
                subnet_id=public[zone].id,
                allocation_id=address.allocation_id,
                tags={"Name": f"{vpc_name}-{zone}"},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[internet]),
            )

        private: dict[str, aws.ec2.Subnet] = {}
        private_routes: list[aws.ec2.RouteTable] = []
        for zone in zone_ids:
            private[zone] = aws.ec2.Subnet(
                f"{name}-private-{zone}",
                vpc_id=vpc.id,
                availability_zone_id=zone,
                cidr_block=private_cidr(cidr, zone),
                tags={"Name": f"{vpc_name}-private-{zone}", "kubernetes.io/role/internal-elb": "1"},
                opts=child,
            )
            # One table per zone even with one NAT gateway: a change to one gateway per zone then only changes routes.
            routes = aws.ec2.RouteTable(
                f"{name}-private-{zone}", vpc_id=vpc.id, tags={"Name": f"{vpc_name}-private-{zone}"}, opts=child
            )
            private_routes.append(routes)
            aws.ec2.Route(
                f"{name}-private-internet-{zone}",
                route_table_id=routes.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nats.get(zone, nats[zone_ids[0]]).id,
                opts=child,
            )
            aws.ec2.RouteTableAssociation(
                f"{name}-private-{zone}", subnet_id=private[zone].id, route_table_id=routes.id, opts=child
            )

        free = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{region}.s3",
            route_table_ids=[routes.id for routes in private_routes],
            tags={"Name": f"{vpc_name}-s3"},
            opts=child,
        )
        if s3_cidrs:
            S3Endpoint(
                f"{name}-s3",
                vpc_name=vpc_name,
                vpc=vpc,
                cidr=cidr,
                subnet_cidrs=s3_cidrs,
                region=region,
                gateway=free,
                opts=child,
            )

        self.vpc_id = vpc.id
        self.private_subnet_ids = {zone: subnet.id for zone, subnet in private.items()}
        self.public_subnet_ids = {zone: subnet.id for zone, subnet in public.items()}
        self.zone_names = {zone: subnet.availability_zone for zone, subnet in private.items()}
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
            }
        )


def _flow_logs(
    name: str, vpc_name: str, vpc: aws.ec2.Vpc, log_days: int, child: pulumi.ResourceOptions
) -> aws.ec2.FlowLog:
    """Flow logs in CloudWatch: accepted and rejected connections. One line per connection and ten minutes, the
    cheapest interval."""
    # checkov:skip=CKV_AWS_158: CloudWatch encrypts it with its own key; it holds addresses and ports
    # checkov:skip=CKV_AWS_338: 90 days are enough to look into an incident
    logs = aws.cloudwatch.LogGroup(
        f"{name}-flows", name=f"/aws/vpc/{vpc_name}/flows", retention_in_days=log_days, opts=child
    )
    role = aws.iam.Role(
        f"{name}-flows",
        assume_role_policy=trust("vpc-flow-logs.amazonaws.com"),
        opts=child,
    )
    # No permission to create log groups: late records would recreate a deleted group, and without a retention time.
    write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    policy = aws.iam.RolePolicy(
        f"{name}-flows",
        role=role.name,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": write, "Resource": [logs.arn, pulumi.Output.concat(logs.arn, ":*")]},
                    {"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"},
                ],
            }
        ),
        opts=child,
    )
    return aws.ec2.FlowLog(
        f"{name}-flows",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=logs.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=600,
        tags={"Name": f"{vpc_name}-flows"},
        opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[policy])),
    )


def private_cidr(cidr: str, zone_id: str) -> str:
    """An eighth of the VPC. It depends only on the zone's number, so that another zone moves no existing subnet."""
    return str(_eighths(cidr)[_zone_number(zone_id)])


def public_cidr(cidr: str, zone_id: str) -> str:
    """An eighth of the VPC's first eighth, which no zone's private subnet uses, because zone numbers start at 1."""
    return str(_eighths(str(_eighths(cidr)[0]))[_zone_number(zone_id)])


def _eighths(cidr: str) -> list[ipaddress.IPv4Network]:
    return list(ipaddress.IPv4Network(cidr).subnets(prefixlen_diff=3))


def _zone_number(zone_id: str) -> int:
    """use1-az4 -> 4. AWS numbers zones from 1 to at most 6."""
    return int(zone_id.rsplit("az", 1)[1])
