"""What a person has to do for weights that aren't downloaded: nothing is read from the cluster, its nodes or a bucket,
so whether the weights are there is for a person to see."""

from collections.abc import Callable, Iterator, Sequence

from infra.models.places import Bucket, Claim, NodePath
from infra.plan.cache import CachePlan
from infra.plan.findings import warned
from infra.plan.kinds import KINDS
from infra.plan.notes import Assumption, Finding, Step, ToDo
from infra.services.serving.bucket_files import mount_requests, mounts, streams
from infra.services.serving.placed import Placed
from infra.services.serving.pods import server_resources
from infra.services.serving.served import Served
from infra.settings.cluster import Namespace

_READER = 2000  # the user and group of all pods
# By the model's name: what a person does so that its pods may read the bucket.
Rights = Callable[[str, Bucket], str]


def list_weights(namespace: Namespace, placed: Sequence[Placed], kubectl: str, rights: Rights) -> Iterator[Finding]:
    for each in placed:
        match each.served.place:
            case Claim() as claim:
                message = _claim(each.served, claim, namespace)
            case NodePath() as directory:
                message = _directory(each, directory, kubectl)
            case Bucket() as bucket:
                message = _bucket(each.served, bucket, rights)
                yield _way_out(each.served, "")
                yield _streamed(each, bucket.name)
            case None:
                continue
        name = each.served.name
        yield ToDo(f"{each.served.path}.model", f"{name}: {message}", Step.WEIGHTS, names=(name,))


def say_bucket(placed: Sequence[Placed], cache: CachePlan) -> Iterator[Finding]:
    """Of models whose weights a download has put into the bucket that is the cache."""
    for each in placed:
        if streams(each.served, cache):
            if not cache.bucket_cidrs:
                yield _way_out(each.served, cache.closes)
            yield _streamed(each, "the cache's bucket")
        elif mounts(each.served, cache):
            yield _mounted(each, cache)


def _claim(served: Served, claim: Claim, namespace: Namespace) -> str:
    return (
        f"the claim {claim.name} has to exist in namespace {namespace.name}, with the model's files in"
        f" {claim.path or 'its root'}, which user {_READER} can read, and with access mode ReadOnlyMany or"
        f" ReadWriteMany (ReadWriteOnce is enough on one node){_in_made_namespace(served, namespace)}"
    )


def _in_made_namespace(served: Served, namespace: Namespace) -> str:
    if not namespace.create:
        return ""
    return (
        f". `pulumi up` makes the namespace: write {served.path}.paused: true until the claim is there, and know that"
        " `pulumi destroy` deletes the namespace with the claim; namespace.create: false leaves both alone"
    )


def _directory(placed: Placed, directory: NodePath, kubectl: str) -> str:
    """A node without it keeps a pod waiting, and another node isn't tried."""
    settings = placed.offer.settings if placed.offer else None
    labels = settings.existing.selector if settings and settings.existing else {"kubernetes.io/os": "linux"}
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return (
        f"the directory {directory.path} has to be on each node that may run it (`{kubectl} get nodes -l {selector}`),"
        f" with the same files of the model, which user {_READER} can read, SELinux included; `{kubectl} debug"
        f" node/NODE -it --image=busybox -- ls -ln /host{directory.path}` shows it. Pods reach it by a volume of the"
        f" cluster: `{kubectl} auth can-i create persistentvolumes` must say yes"
    )


def _bucket(served: Served, bucket: Bucket, rights: Rights) -> str:
    return (
        f"s3://{bucket.name}/{f'{bucket.prefix}/' if bucket.prefix else ''} has to hold the model's files: config.json,"
        f" the tokenizer's, and the weights as *.safetensors, without a second copy of them beside"
        f" (consolidated*.safetensors). {rights(served.name, bucket)}"
    )


def _streamed(placed: Placed, bucket: str) -> Finding:
    gpus = f", once for each of {placed.gpus} GPUs" if placed.gpus > 1 else ""
    message = (
        f"each start of {placed.served.name} reads {placed.served.disk_gib:.1f} GiB from {bucket}{gpus}, and"
        " nothing is kept on a disk; meanwhile each GPU's process holds one or two tensors of the weights in the node's"
        " memory (the streamer's memory_limit is 0; its default is 40 GB for each)"
    )
    return Assumption(f"{placed.served.path}.model", message)


def _mounted(placed: Placed, cache: CachePlan) -> Finding:
    compiles = cache.compiled and placed.served.question.engine.limits.compiles is not None
    again = "; it compiles at each start, because it has no way to the bucket by which to keep that" if compiles else ""
    cpu, gib = mount_requests(server_resources(placed), placed.gpus)
    message = (
        f"each start of {placed.served.name} reads {placed.served.loaded_gib:.1f} GiB of files from the cache's bucket,"
        f" and nothing is kept on a disk{again}; the pod that mounts it requests {gib:.2f} GiB and {cpu:.2f} CPU of"
        " what the server would have alone (from the driver's benchmarks: 2.2 GiB for each file that is read to its"
        " end; nothing limits it)"
    )
    return Assumption(f"{placed.served.path}.model", message)


def _way_out(served: Served, closes: str) -> Finding:
    then = f"; {closes}" if closes else ""
    message = (
        f"the pods of {served.name} may open HTTPS connections to any address, because a network policy can't name a"
        f" bucket; pods that read the cache have no way out{then}"
    )
    kind = "reads-bucket"
    return warned(f"{served.path}.model", message, kind=kind, shared=f"{KINDS[kind]}{then}")
