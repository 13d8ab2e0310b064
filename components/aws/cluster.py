"""An EKS cluster: control plane, system nodes, EKS add-ons, and its Kubernetes provider."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from components.aws.eks_addon import NODE_MONITOR, S3_DRIVER, eks_addon
from components.aws.kubernetes_provider import eks_provider
from components.aws.node_role import CNI_POLICY, make_node_role, managed_policy
from components.aws.node_template import NodeDisk, node_template
from components.aws.pod_role import PodRole
from components.aws.trust import trust

_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
# AWS managed policies, by name.
_ADMIN = "AmazonEKSClusterAdminPolicy"
_VIEWER = "AmazonEKSViewPolicy"
_CONTROL_PLANE_POLICY = "AmazonEKSClusterPolicy"
_EBS_POLICY = "AmazonEBSCSIDriverPolicyV2"
_EFS_POLICY = "service-role/AmazonEFSCSIDriverPolicy"
# Of the driver's DaemonSet; the pods that mount tolerate every taint by themselves. It gets no rights: it has those of
# the pods whose volumes it mounts.
_ANY_NODE = {"node": {"tolerateAllTaints": True}}


class NewEksCluster(pulumi.ComponentResource):
    """An EKS cluster with system nodes, for everything except the models."""

    name: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    security_group_id: pulumi.Output[str]  # of the control plane and every node
    node_role_arn: pulumi.Output[str]
    provider: k8s.Provider
    before_nodes: list[pulumi.Resource]  # created before every node group, deleted after it
    ready: list[pulumi.Resource]  # what pods wait for: nodes, DNS, volumes

    def __init__(
        self,
        name: str,
        *,
        cluster_name: str,
        version: str,
        addon_versions: Mapping[str, str],
        ami_release: str,
        region: str,
        partition: str,
        profile: str | None = None,
        subnet_ids: Sequence[pulumi.Input[str]],
        admins: Sequence[str],
        viewers: Sequence[str],
        api_from: Sequence[str],
        system_instance_type: str,
        system_ami_type: str,
        system_count: int,
        system_root_gib: int,
        ebs_driver: bool,
        efs_driver: bool,
        s3_driver: bool,
        node_monitor: Mapping[str, Any] | None,
        log_days: int,
        protect: bool,
        tags: Mapping[str, str],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`partition`: the region's partition as it is written in ARNs: aws, aws-cn, aws-us-gov. `node_monitor`: values
        of the agent that tells EKS which node is broken; None: there is none."""
        super().__init__("llm:aws:Cluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        guarded = pulumi.ResourceOptions(parent=self, protect=protect)

        # checkov:skip=CKV2_AWS_64: without a policy AWS writes its default, by which the account's IAM policies decide
        key = aws.kms.Key(
            f"{name}-secrets",
            description=f"Kubernetes Secrets of {cluster_name}",
            enable_key_rotation=True,
            opts=guarded,
        )
        role, role_policies = _control_plane_role(name, key, partition, child)
        # Created here because the log group that EKS creates itself keeps logs without limit.
        # checkov:skip=CKV_AWS_158: CloudWatch encrypts it with its own key; logs hold no Secret's value
        # checkov:skip=CKV_AWS_338: 90 days are enough to look into an incident
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", name=f"/aws/eks/{cluster_name}/cluster", retention_in_days=log_days, opts=child
        )
        eks = aws.eks.Cluster(
            f"{name}-eks",
            name=cluster_name,
            version=version,
            role_arn=role.arn,
            bootstrap_self_managed_addons=False,  # otherwise the add-ons below find objects that they don't own
            deletion_protection=protect,
            enabled_cluster_log_types=_LOGS,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API",
                # Otherwise EKS gives access to the creator of the cluster, and refuses that role in `admins` as a
                # duplicate.
                bootstrap_cluster_creator_admin_permissions=False,
            ),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
            ),
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=subnet_ids,
                endpoint_private_access=True,
                # checkov:skip=CKV_AWS_39: open to the addresses in access.apiFrom alone, closed where there are none
                endpoint_public_access=bool(api_from),
                public_access_cidrs=sorted(api_from) or None,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=protect,
                depends_on=[logs, *role_policies, *depends_on],
                # Only a replacement of the cluster could change it: a cluster that was created with it keeps it.
                ignore_changes=["accessConfig.bootstrapClusterCreatorAdminPermissions"],
            ),
        )
        access = [
            *_access(name, "admin", admins, _access_policy(partition, _ADMIN), eks, child),
            *_access(name, "viewer", viewers, _access_policy(partition, _VIEWER), eks, child),
        ]

        node_role, node_policies = make_node_role(name, partition, network_plugin=False, opts=child)
        agent = eks_addon(name, "eks-pod-identity-agent", eks, addon_versions, opts=child)
        cni_role = PodRole(f"{name}-cni", managed_policy_arn=managed_policy(partition, CNI_POLICY), opts=child)
        cni = eks_addon(
            name,
            "vpc-cni",
            eks,
            addon_versions,
            configuration={"enableNetworkPolicy": "true"},
            pod_role=("aws-node", cni_role),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[agent, cni_role]),
        )
        proxy = eks_addon(name, "kube-proxy", eks, addon_versions, opts=child)
        self.before_nodes = [agent, cni, proxy, *node_policies]

        template = node_template(
            f"{name}-system",
            disk=NodeDisk(system_root_gib, iops=3000, throughput=125),  # what gp3 includes
            user_data=None,
            tags={"Name": f"{cluster_name}-system", **tags},
            opts=child,
        )
        # Nothing else scales these nodes, so the program sets their number, also after the first `up`: if the desired
        # size were ignored, EKS would refuse a minimum that is raised above it.
        nodes = aws.eks.NodeGroup(
            f"{name}-system",
            cluster_name=eks.name,
            version=version,
            release_version=ami_release,
            node_role_arn=node_role.arn,
            subnet_ids=subnet_ids,
            instance_types=[system_instance_type],
            ami_type=system_ami_type,
            capacity_type="ON_DEMAND",
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=system_count, max_size=system_count, desired_size=system_count
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            opts=pulumi.ResourceOptions(parent=self, depends_on=self.before_nodes),
        )
        after_nodes = pulumi.ResourceOptions(parent=self, depends_on=[nodes])
        self.ready = [nodes, eks_addon(name, "coredns", eks, addon_versions, opts=after_nodes)]
        if node_monitor is not None:
            eks_addon(name, NODE_MONITOR, eks, addon_versions, configuration=node_monitor, opts=after_nodes)
        for wanted, addon, policy, account in (
            (ebs_driver, "aws-ebs-csi-driver", _EBS_POLICY, "ebs-csi-controller-sa"),
            (efs_driver, "aws-efs-csi-driver", _EFS_POLICY, "efs-csi-controller-sa"),
        ):
            if wanted:
                pod_role = PodRole(f"{name}-{addon}", managed_policy_arn=managed_policy(partition, policy), opts=child)
                driver_opts = pulumi.ResourceOptions(parent=self, depends_on=[nodes, pod_role])
                self.ready.append(
                    eks_addon(name, addon, eks, addon_versions, pod_role=(account, pod_role), opts=driver_opts)
                )

        if s3_driver:
            self.ready.append(
                eks_addon(name, S3_DRIVER, eks, addon_versions, configuration=_ANY_NODE, opts=after_nodes)
            )

        self.name = eks.name
        self.endpoint = eks.endpoint
        self.security_group_id = eks.vpc_config.cluster_security_group_id
        self.node_role_arn = node_role.arn
        self.provider = eks_provider(
            f"{name}-kubernetes",
            cluster_name=eks.name,
            endpoint=eks.endpoint,
            certificate_authority=eks.certificate_authority.data,
            region=region,
            profile=profile,
            opts=pulumi.ResourceOptions(parent=self, depends_on=access),
        )
        self.register_outputs({"name": self.name, "endpoint": self.endpoint})


def _control_plane_role(
    name: str, key: aws.kms.Key, partition: str, child: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
    role = aws.iam.Role(f"{name}-control-plane", assume_role_policy=trust("eks.amazonaws.com"), opts=child)
    manage = aws.iam.RolePolicyAttachment(
        f"{name}-control-plane",
        role=role.name,
        policy_arn=managed_policy(partition, _CONTROL_PLANE_POLICY),
        opts=child,
    )
    use_key = aws.iam.RolePolicy(
        f"{name}-control-plane-secrets",
        role=role.name,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"],
                        "Resource": key.arn,
                    }
                ],
            }
        ),
        opts=child,
    )
    return role, [manage, use_key]


def _access_policy(partition: str, name: str) -> str:
    return f"arn:{partition}:eks::aws:cluster-access-policy/{name}"


def _access(
    name: str, kind: str, principals: Sequence[str], policy: str, eks: aws.eks.Cluster, child: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """An access entry for each principal, named after its account and path."""
    associations: list[pulumi.Resource] = []
    for principal in principals:
        entry_name = f"{name}-{kind}-{principal.split('::', 1)[1]}"
        entry = aws.eks.AccessEntry(entry_name, cluster_name=eks.name, principal_arn=principal, opts=child)
        association = aws.eks.AccessPolicyAssociation(
            entry_name,
            cluster_name=eks.name,
            principal_arn=entry.principal_arn,
            policy_arn=policy,
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=child,
        )
        associations.append(association)
    return associations
