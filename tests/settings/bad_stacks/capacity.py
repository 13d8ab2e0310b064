"""`gpuPools.NAME.capacity` as a list."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, MODEL, Bad, pool, stack

_BLOCK = "{capacityBlock: cr-..., from: ..., to: ...}"
_ID = "cr-0a1b2c3d4e5f60718"
_DAYS = 'from: "2099-01-01T11:30:00Z", to: "2099-01-15T11:30:00Z"'
_ZONES = 'cluster: {create: {version: "1.35", zones: [use1-az2, use1-az4]}}'
_ENDED = f'{{capacityBlock: {_ID}, from: "2024-01-01T11:30:00Z", to: "2024-01-15T11:30:00Z"}}'
_H100 = "instanceTypes: [p5.48xlarge]"


def _steps(*steps: str, types: str = "instanceTypes: [g6.xlarge]", more: str = "") -> str:
    return stack(_ZONES, pool(f"{types}, capacity: [{', '.join(steps)}]{more}"), MODEL)


def _at(where: str, got: str, write: str) -> Mistake:
    return Mistake(f"gpuPools.l4.capacity{where}", 5, got, write)


CAPACITY = (
    Bad("no step", _steps(), (_at("", "an empty list", "write capacity: on-demand, or [spot, on-demand]"),)),
    Bad(
        "a word that isn't a step",
        _steps("spot", "ondemand"),
        (
            _at(
                "[1]",
                'got "ondemand"; allowed: on-demand, spot, or a mapping with reservation, capacityBlock, from, to,'
                " instances, zone, ...",
                "write on-demand",
            ),
        ),
    ),
    Bad(
        "spot twice", _steps("spot", "on-demand", "spot"), (_at("[2]", "spot is step 1 already", "leave it out here"),)
    ),
    Bad(
        "a reservation twice",
        _steps(f"{{reservation: {_ID}, zone: use1-az4}}", f"{{reservation: {_ID}, zone: use1-az2}}"),
        (_at("[1]", f"{_ID} is step 1 already", "leave it out here"),),
    ),
    Bad(
        "two reservations whose node groups would have one name",
        _steps(f"{{reservation: {_ID}, zone: use1-az4}}", "{reservation: cr-0ffffffffe5f60718, zone: use1-az4}"),
        (
            _at(
                "[1]",
                f"cr-0ffffffffe5f60718 ends as {_ID} does, and node groups are named after that end",
                "write it in a separate pool, or leave one of the two out",
            ),
        ),
    ),
    Bad(
        "one reservation in two pools, and nobody says what part each has",
        stack(
            _ZONES,
            f"gpuPools: {{a: {{instanceTypes: [g6.xlarge], capacity: [{{reservation: {_ID}, instances: 2}}, spot]}},"
            f" l4: {{instanceTypes: [g6.xlarge], capacity: [{{reservation: {_ID}}}, spot]}}}}",
            MODEL,
        ),
        (
            Mistake(
                "gpuPools.l4.capacity[0]",
                5,
                f"{_ID} is a step of pool a too, and not both say how many of its instances they have",
                "write instances in both, which add up to what it holds; or leave it out of one",
            ),
        ),
    ),
    Bad(
        "no id of a reservation",
        _steps("{reservation: r-1}", "spot"),
        (
            _at(
                "[0].reservation",
                'got "r-1"; allowed: an id of a capacity reservation, cr- and hex digits',
                "write, for example, reservation: cr-0a1b2c3d4e5f60718",
            ),
        ),
    ),
    Bad(
        "a block without its reservation",
        _steps(f"{{{_DAYS}}}", types=_H100),
        (
            _at(
                "[0]",
                "needs exactly one of reservation and capacityBlock, the id of what was reserved",
                f"write {{reservation: cr-...}}, or {_BLOCK}",
            ),
        ),
    ),
    Bad(
        "a block without a window",
        _steps(f"{{capacityBlock: {_ID}}}", types=_H100),
        (
            _at(
                "[0]",
                "a Capacity Block without from and to, the times in UTC between which it has instances",
                f"write {_BLOCK}; `aws ec2 describe-capacity-reservations --capacity-reservation-ids {_ID}` shows them",
            ),
        ),
    ),
    Bad(
        "a block that ends before it begins",
        _steps(f'{{capacityBlock: {_ID}, from: "2099-01-15T11:30:00Z", to: "2099-01-01T11:30:00Z"}}', types=_H100),
        (
            _at(
                "[0]",
                "from 2099-01-15T11:30:00Z isn't before to 2099-01-01T11:30:00Z",
                'write from: "2099-01-01T11:30:00Z", to: "2099-01-15T11:30:00Z"',
            ),
        ),
    ),
    Bad(
        "a block that has ended, and nothing else",
        _steps(_ENDED, types=_H100),
        (
            _at(
                "[0].to",
                "the Capacity Block has ended, 2024-01-15T11:30:00Z",
                f"write capacity: on-demand, or {_BLOCK} of the next Capacity Block, or the new to if this one was"
                " extended",
            ),
        ),
    ),
    Bad(
        "a block that has ended, before another step",
        _steps(_ENDED, "on-demand", types=_H100),
        (_at("[0].to", "the Capacity Block has ended, 2024-01-15T11:30:00Z", "leave this step out"),),
    ),
    Bad(
        "a block of a year",
        _steps(f'{{capacityBlock: {_ID}, from: "2099-01-01T11:30:00Z", to: "2100-01-01T11:30:00Z"}}', types=_H100),
        (_at("[0]", "a window of 365 days; a Capacity Block has 182 at most", "write its own times"),),
    ),
    Bad(
        "a day that isn't",
        _steps(f'{{capacityBlock: {_ID}, from: "2099-02-30T11:30:00Z", to: "2099-03-01T11:30:00Z"}}', types=_H100),
        (_at("[0].from", "2099-02-30T11:30:00Z is no day or no time", 'write from: "2027-01-11T11:30:00Z"'),),
    ),
    Bad(
        "a day without a time",
        _steps(f'{{capacityBlock: {_ID}, from: "2099-02-01", to: "2099-03-01T11:30:00Z"}}', types=_H100),
        (
            _at(
                "[0].from",
                'got "2099-02-01"; allowed: a time in UTC, quoted',
                'write, for example, from: "2027-01-11T11:30:00Z"',
            ),
        ),
    ),
    Bad(
        "a reservation with a window",
        _steps(f'{{reservation: {_ID}, zone: use1-az4, to: "2099-03-01T11:30:00Z"}}', "spot"),
        (
            _at(
                "[0].to",
                "an On-Demand Capacity Reservation has no window; a Capacity Block has",
                f"leave to out, or write {_BLOCK}",
            ),
        ),
    ),
    Bad(
        "a block of a type that AWS sells none of",
        _steps(f"{{capacityBlock: {_ID}, {_DAYS}, zone: use1-az4}}"),
        (
            _at(
                "[0]",
                "AWS sells no Capacity Block of g6.xlarge; it does of p4d, p4de, p5, p5e, p5en, p6-b200, p6-b300",
                "write {reservation: cr-...}, an On-Demand Capacity Reservation, or a pool of one of these",
            ),
        ),
    ),
    Bad(
        "a block in another zone",
        _steps(f"{{capacityBlock: {_ID}, {_DAYS}, zone: use1-az6}}", types=_H100),
        (
            _at(
                "[0].zone",
                "use1-az6 is no zone of the cluster that offers p5.48xlarge",
                "write one of use1-az2, use1-az4, or add use1-az6 to cluster.create.zones",
            ),
        ),
    ),
    Bad(
        "a reservation of a type that the pool hasn't",
        _steps(f"{{reservation: {_ID}, instanceType: g6.8xlarge}}", "spot"),
        (
            _at(
                "[0].instanceType",
                "g6.8xlarge isn't one of the pool's instanceTypes",
                "write one of g6.xlarge, or add g6.8xlarge to instanceTypes",
            ),
        ),
    ),
    Bad(
        "a minimum of what ends",
        _steps(f"{{capacityBlock: {_ID}, {_DAYS}}}", types=_H100, more=", min: 1"),
        (
            Mistake(
                "gpuPools.l4.min",
                5,
                "min 1; its Capacity Blocks end, and nothing else is there",
                "add on-demand to capacity, or write a smaller min",
            ),
        ),
    ),
    Bad(
        "a minimum of more than is reserved",
        _steps(f"{{reservation: {_ID}, instances: 2, zone: use1-az4}}", more=", min: 3"),
        (
            Mistake(
                "gpuPools.l4.min",
                5,
                "min 3; its reservations hold 2 instances",
                "add on-demand to capacity, or write a smaller min",
            ),
        ),
    ),
    Bad(
        "steps of nodes that exist",
        stack(
            CLUSTER, pool("existing: {gpu: L4, nodes: 2, selector: {pool: gpu}}, capacity: [spot, on-demand]"), MODEL
        ),
        (_at("", "nodes that we don't make have no capacity type here", "leave capacity out"),),
    ),
)
