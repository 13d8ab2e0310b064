"""Where weights can be kept on AWS, on a cluster that the stack makes."""

from infra.plan.cache import Storage

# EFS has no size, but a claim needs a number. This one never changes.
EFS = Storage("efs", "EFS", size_gib=1024, owns_files=True, driver="efs.csi.aws.com")
# gp3, with the IOPS that are in its price, and the throughput that one GPU node can read.
EBS = Storage("ebs", "a gp3 disk made with 250 MiB/s", one_reader=True, iops=3000, throughput=250)
S3 = Storage("s3", "S3", bucket=True, driver="s3.csi.aws.com")
# The add-ons of EKS that bring them.
DRIVERS = {"efs.csi.aws.com": "aws-efs-csi-driver", "s3.csi.aws.com": "aws-mountpoint-s3-csi-driver"}
# nodeadm puts the kubelet's directory on the NVMe disks of an instance that has them (localStorage: RAID0).
NODE_DIRECTORY = "/var/lib/kubelet/llm-platform"
NODE_DIRECTORY_REASON = "a node's NVMe disks are mounted at the kubelet's directory"
# Classes of EBS, whose driver refuses a file system for several nodes: EKS brings gp2, and a newer one is called gp3.
CLASSES_OF_EBS = ("gp2", "gp3")
