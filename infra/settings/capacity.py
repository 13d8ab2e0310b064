"""`gpuPools.NAME.capacity`: one kind of nodes, or the kinds in the order in which they are asked for."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer

from infra.settings.types import InstanceType, Section, Short, pattern

# What a pool's nodes may be: `reservation` is an On-Demand Capacity Reservation, `block` a Capacity Block.
Kind = Literal["on-demand", "spot", "reservation", "block"]
WORDS: tuple[Literal["on-demand", "spot"], ...] = ("on-demand", "spot")
SHORT = 8  # characters of an id, its last ones, in the name of a node group, which has 63 at most
INSTANT = "time in UTC, quoted"  # the title of its schema
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.0+)? \+0000 \S+")


def _as_written(value: Any) -> Any:
    """Pulumi writes an unquoted time as Go does; its zone is known, so nothing is lost."""
    found = _GO_TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2]}Z" if found else value


ReservationId = Annotated[
    str, pattern(r"^cr-[0-9a-f]{8,17}$", "cr-0a1b2c3d4e5f60718", "id of a capacity reservation, cr- and hex digits")
]
Instant = Annotated[
    str,
    pattern(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$", "2027-01-11T11:30:00Z", INSTANT),
    BeforeValidator(_as_written),
]
ReservedZone = Annotated[str, pattern(r"^[a-z]{2,5}\d?-[a-z0-9-]+$", "use1-az1", "zone id")]


class CapacityStep(Section):
    """One kind of nodes: the word on-demand or spot, a reservation, or a Capacity Block with its window."""

    word: Literal["on-demand", "spot"] | None = None  # written as a word
    reservation: ReservationId | None = Field(
        default=None, description="id of an On-Demand Capacity Reservation; it is billed whether it is used or not"
    )
    capacity_block: ReservationId | None = Field(
        default=None, description="id of a Capacity Block, which is paid up front; it also needs `from` and `to`"
    )
    begins: Instant | None = Field(
        default=None, alias="from", description="from when the Capacity Block has instances, as its reservation says"
    )
    ends: Instant | None = Field(
        default=None,
        alias="to",
        description="when the Capacity Block ends; its nodes are drained 40 minutes before",
        examples=["2027-01-18T11:30:00Z"],
    )
    instances: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="the number of instances that are reserved; the pool's max when absent",
        examples=[2],
    )
    zone: ReservedZone | None = Field(
        default=None,
        description="the id of the zone of the reservation; the pool's zone where it has one only",
    )
    instance_type: InstanceType | None = Field(
        default=None,
        description="the type that is reserved; the first of the pool's instanceTypes when absent",
        examples=["p5.48xlarge"],
    )

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> Any:
        """As it is written: advice is tried in a copy of the stack file."""
        return self.word or handler(self)

    @property
    def kind(self) -> Kind:
        """A block where both are written, which is refused."""
        return self.word or ("block" if self.capacity_block else "reservation")

    @property
    def reserved(self) -> str | None:
        return self.capacity_block or self.reservation


def _one_step(value: Any) -> Any:
    """`spot` means `{word: spot}`, which nobody writes."""
    if isinstance(value, dict) and "word" in value:
        raise ValueError("a kind without a reservation is written as a word")
    return {"word": value} if isinstance(value, str) else value


Step = Annotated[CapacityStep, BeforeValidator(_one_step), Short({"enum": list(WORDS), "type": "string"})]


def now() -> datetime:
    """The one clock of what a Capacity Block's window is compared with."""
    return datetime.now(UTC)


def instant(text: str) -> datetime:
    """Raises ValueError where there is no such day or time."""
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
