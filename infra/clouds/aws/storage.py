"""Where weights can be kept on AWS, on a cluster that the stack makes."""

from infra.plan.cluster import Storage

# EFS has no size: the claim needs a number, and this one never changes.
EFS = Storage("efs", "EFS", size_gib=1024, owns_files=True)
# gp3: what its price holds in IOPS, and throughput that one GPU node can read.
EBS = Storage("ebs", "a gp3 disk made with 250 MiB/s", one_reader=True, iops=3000, throughput=250)
