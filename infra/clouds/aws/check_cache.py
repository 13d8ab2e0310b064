"""Rules for the kinds of `cache` that AWS makes with a cluster."""

from infra.clouds.aws.check_existing import some_zones
from infra.clouds.aws.existing import adds_nodes
from infra.clouds.aws.storage import EBS, EFS, S3
from infra.models.places import place_of
from infra.plan.words import count
from infra.services.serving.check_place import check_in_bucket
from infra.services.serving.next import servers
from infra.services.weights.plan import NODE
from infra.settings.checks.scope import CLUSTER_KIND, Scope
from infra.settings.mistakes import Key


def check_cache(scope: Scope) -> None:
    cache, wrong = scope.settings.cache, scope.report.wrong
    if cache is None:
        return
    kind: Key = ("cache", "kind")
    if cache.kind == EFS.kind and scope.written(size := ("cache", "size")):
        scope.report.out_of_place(size, "EFS has no size: it bills what is used", "leave size out", reads=[kind])
    if cache.kind == S3.kind:
        _check_bucket(scope, kind)
    if cache.kind in _not_there(scope):
        got = f"{cache.kind} is made with a cluster that we create, and this one exists"
        if cache.kind == EFS.kind and S3.kind not in _not_there(scope):
            got = "efs is made beside node groups of this stack, and no pool has instanceTypes"
        others = [each for each in (EFS.kind, S3.kind) if each not in _not_there(scope)]
        instead = f", or kind: {' or '.join(others)}" if others else ""
        wrong(kind, got, f"write kind: storageClass, and the name of one of its classes{instead}", reads=CLUSTER_KIND)
        return  # what a kind that can't be here lacks besides is no help
    if cache.kind == EFS.kind and scope.settings.cluster.create is None:
        _check_zones_there(scope, kind)
    if cache.kind == NODE.kind and scope.settings.cluster.create is not None:
        _refuse_cpu(scope, kind)
    if cache.kind == EBS.kind:
        _check_readers(scope, kind)
        _check_zone(scope, kind)


def _not_there(scope: Scope) -> tuple[str, ...]:
    """Kinds that can't be made for this cluster. A file system beside one that exists has its zones and security groups
    from those of the stack's node groups."""
    if scope.settings.cluster.create is not None:
        return ()
    if scope.settings.cluster.existing is None or scope.settings.cluster.existing.eks is None:
        return (EFS.kind, EBS.kind, S3.kind)
    return (EBS.kind,) if adds_nodes(scope.settings) else (EFS.kind, EBS.kind)


def _check_zones_there(scope: Scope, kind: Key) -> None:
    """A plan reads nothing, so it doesn't know in which zones there are nodes."""
    if not scope.written(zones := ("cluster", "existing", "zones")):
        got = "efs is mounted by a way in per zone, and nothing says in which zones the cluster has nodes"
        write = f"write cluster.existing.zones: {some_zones(scope)}, the ids of all these zones"
        scope.report.wrong(kind, got, write, reads=[zones, kind])


def _refuse_cpu(scope: Scope, kind: Key) -> None:
    """The system nodes would run it, whose disks have no room for weights."""
    for name, model in servers(scope.settings.models).items():
        if model.gpus == 0 and place_of(model.model) is None and name in scope.settings.models:
            where: Key = ("models", name, "gpus")
            got = "0, and the system nodes that would run it have no copy of the weights"
            scope.report.wrong(where, got, "write cache.kind: efs, or gpus: 1", reads=[kind, where])


def _check_bucket(scope: Scope, kind: Key) -> None:
    """Of a bucket that holds the weights of all models: engines stream them, or read files."""
    if scope.written(size := ("cache", "size")):
        scope.report.out_of_place(size, "a bucket has no size: it bills what is used", "leave size out", reads=[kind])
    of_a_class = "cache.kind: storageClass, and the name of one of the cluster's classes"
    _check_endpoint(scope, kind)
    instead = of_a_class if EFS.kind in _not_there(scope) else "cache.kind: efs"
    for name, model in servers(scope.settings.models).items():
        if place_of(model.model) is None and name in scope.settings.models:
            check_in_bucket(scope, ("models", name), model, instead, reads=[kind, *CLUSTER_KIND])


def _check_endpoint(scope: Scope, kind: Key) -> None:
    """It gives S3's names other addresses for everybody in the network."""
    create = scope.settings.cluster.create
    if not scope.written(endpoint := ("cache", "endpoint")):
        return
    if create is not None and create.network.vpc_id is not None:
        got, network = f"the network {create.network.vpc_id} is yours", [("cluster", "create", "network", "vpcId")]
    elif create is None and S3.kind not in _not_there(scope):
        got, network = "the network of a cluster that exists is yours", CLUSTER_KIND
    else:
        return
    scope.report.out_of_place(
        endpoint,
        f"{got}: an endpoint there changes the addresses of S3 for everybody in it",
        "leave endpoint out",
        reads=[kind, *network],
    )


def _check_zone(scope: Scope, kind: Key) -> None:
    """A disk is in one zone, and the Job that fills it needs a system node in that zone."""
    create = scope.settings.cluster.create
    if create is None:
        return
    network: Key = ("cluster", "create", "network", "vpcId")
    if create.network.vpc_id is not None:
        got = "an EBS volume is in one zone, and the zones of your subnets aren't known"
        scope.report.wrong(kind, got, "write kind: efs, or leave network.vpcId out", reads=[network])
    zones = create.zones if isinstance(create.zones, int) else len(create.zones or ()) or 2
    nodes: Key = ("cluster", "create", "systemNodes", "count")
    if zones > create.system_nodes.count:
        system = count(create.system_nodes.count, "system node")
        got = f"{system} may leave out the one of {zones} zones that an EBS volume is in"
        write = f"write systemNodes.count: {zones}, or cache.kind: efs"
        scope.report.wrong(kind, got, write, reads=[nodes, ("cluster", "create", "zones")])


def _check_readers(scope: Scope, kind: Key) -> None:
    """An EBS volume is attached to one node, so only one pod reads it."""
    models = {name: each for name, each in servers(scope.settings.models).items() if place_of(each.model) is None}
    for name, model in models.items():
        if model.replicas.max > 1 and name in scope.settings.models:
            where: Key = ("models", name, "replicas")
            got = f"{model.replicas.max} replicas, and an EBS volume has one reader"
            scope.report.wrong(where, got, "write replicas: 1, or cache.kind: efs", reads=[kind, where])
    if len(models) > 1:
        got = f"{len(models)} models read the cache, and an EBS volume has one reader"
        scope.report.wrong(kind, got, "write kind: efs")
