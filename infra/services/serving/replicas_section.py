"""`replicas`, `scaling` and `rollout` of a model: how many pods it has, and how new ones come."""

from typing import Annotated, Literal

from pydantic import Field

from infra.settings.types import (
    ClientName,
    Section,
)


class Replicas(Section):
    """How many copies: `N`, or `{min, max}` for a scaler between them."""

    min: int = Field(
        default=1,
        ge=0,
        le=1000,
        description="minimum of replicas; 0: while nobody asks, the model has no replica, and the gateway holds"
        " requests until one has started",
        examples=[1],
    )
    max: int = Field(
        default=1, ge=0, le=1000, description="maximum of replicas; above min, a scaler is created", examples=[4]
    )
    ready: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="while there is a next version: at least this many replicas run, so that the server can take all"
        " requests; promote and rollback write it and take it out again",
        examples=[4],
    )


class Scaling(Section):
    """When a model gets another replica."""

    ttft_p95_seconds: float | None = Field(
        default=None,
        gt=0,
        le=600,
        description="a promise to callers: 95 of 100 first tokens come within these seconds; at how many requests"
        " another replica starts follows from it, by the plan's estimate of its speed",
        examples=[2],
    )
    requests_per_replica: int | None = Field(
        default=None,
        ge=1,
        le=4096,
        description="instead of a promise: another replica starts when each has more requests than this, those that"
        " wait included",
        examples=[16],
    )


class Rollout(Section):
    """How a changed model gets its new pods, or how requests come to its next version."""

    strategy: Literal["rolling", "recreate", "blueGreen", "canary"] = Field(
        description="rolling: the new pod starts first, on GPUs that are kept free for it; recreate: the old pod"
        " stops first, and the model is down until the new one answers; blueGreen: a second server has the settings"
        " of next, and gets all requests or none; canary: it gets weight percent of them",
        examples=["recreate"],
    )
    # What is allowed differs by strategy: a check says it, and the schema says what holds for all.
    weight: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 100})] | None = Field(
        default=None,
        description="percent of the requests that the next version answers: 1 to 99 for canary; 0 or 100 for blueGreen,"
        " 0 when absent",
        examples=[10],
    )
    clients: tuple[ClientName, ...] = Field(
        default=(),
        description="clients of the gateway whose requests all go to the next version, whatever the weight is",
        examples=[["web-shop"]],
    )
    trials: bool = Field(
        default=True,
        description="whether the next version answers requests with the header x-llm-version: next; false before it"
        " ends, which promote and rollback write",
        examples=[False],
    )
