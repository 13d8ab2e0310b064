"""`sharing` of a pool: several servers on one GPU."""

from pydantic import Field

from infra.settings.types import Section


class Sharing(Section):
    """How the GPUs of a pool are shared: exactly one of these. Each server then gets one part of one GPU."""

    time_slicing: int | None = Field(
        default=None,
        ge=2,
        le=16,
        description="number of servers that take turns on one GPU; each may use its part of the memory, and nothing"
        " but its own arguments keeps it there",
        examples=[4],
    )
    mps: int | None = Field(
        default=None,
        ge=2,
        le=16,
        description="number of servers on one GPU that compute at the same time, with memory limits, by NVIDIA's MPS;"
        " the device plugin calls this experimental",
        examples=[2],
    )
    mig: str | None = Field(
        default=None,
        pattern=r"^\d+g\.\d+gb$",
        title="MIG profile",
        description="profile of the slices that MIG cuts each GPU into, all alike; memory and errors stay separate",
        examples=["1g.10gb"],
    )
