"""An EFS file system from which every model server reads its weights."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

_NFS = 2049


class WeightsFileSystem(pulumi.ComponentResource):
    """EFS with one access point, so that every pod reads and writes as the same user, whichever user its image has."""

    file_system_id: pulumi.Output[str]
    access_point_id: pulumi.Output[str]
    mount_targets: list[pulumi.Resource]  # a pod can mount the volume once its zone has one

    def __init__(
        self,
        name: str,
        *,
        file_system_name: str,
        vpc_id: pulumi.Input[str],
        subnet_ids: Mapping[str, pulumi.Input[str]],
        client_security_group_ids: Mapping[str, pulumi.Input[str]],
        keeps_subnets: bool = False,
        uid: int,
        gid: int,
        protect: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`subnet_ids`: one private subnet per zone, by zone id or by another name. `client_security_group_ids`: of
        those that mount it, by any name. `keeps_subnets`: another subnet of a zone moves no mount target."""
        super().__init__("llm:aws:WeightsFileSystem", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # checkov:skip=CKV_AWS_184: encrypted with the account's key for EFS; weights are no secret of users
        file_system = aws.efs.FileSystem(
            f"{name}-efs",
            encrypted=True,
            throughput_mode="elastic",  # bursting gives a new, small file system 1 MiB/s
            tags={"Name": file_system_name},
            opts=pulumi.ResourceOptions(parent=self, protect=protect),
        )
        group = aws.ec2.SecurityGroup(
            f"{name}-efs", description=f"NFS to {file_system_name}", vpc_id=vpc_id, opts=child
        )
        ways_in = [
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-from-{client}",
                description="NFS from the nodes",
                security_group_id=group.id,
                referenced_security_group_id=security_group_id,
                ip_protocol="tcp",
                from_port=_NFS,
                to_port=_NFS,
                opts=child,
            )
            for client, security_group_id in client_security_group_ids.items()
        ]
        access_point = aws.efs.AccessPoint(
            f"{name}-weights",
            file_system_id=file_system.id,
            posix_user=aws.efs.AccessPointPosixUserArgs(uid=uid, gid=gid),
            root_directory=aws.efs.AccessPointRootDirectoryArgs(
                path="/weights",
                creation_info=aws.efs.AccessPointRootDirectoryCreationInfoArgs(
                    owner_uid=uid, owner_gid=gid, permissions="0750"
                ),
            ),
            tags={"Name": file_system_name},
            opts=child,
        )
        targets: list[pulumi.Resource] = [
            aws.efs.MountTarget(
                f"{name}-{zone}",
                file_system_id=file_system.id,
                subnet_id=subnet_id,
                security_groups=[group.id],
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnetId"] if keeps_subnets else None),
            )
            for zone, subnet_id in sorted(subnet_ids.items())
        ]
        self.file_system_id = file_system.id
        self.access_point_id = access_point.id
        self.mount_targets = [*targets, *ways_in]
        self.register_outputs({"file_system_id": self.file_system_id, "access_point_id": self.access_point_id})
