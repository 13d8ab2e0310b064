"""A recording leaves the SDK as it was."""

import pulumi
import pytest
from pulumi.runtime import resource, resource_cycle_breaker

from infra.recording import record


def test_the_sdk_is_changed_only_while_a_program_is_recorded() -> None:
    before = resource._get_stack_trace, resource_cycle_breaker._reachable
    during = []

    def fails() -> None:
        during.extend((resource._get_stack_trace, resource_cycle_breaker._reachable))
        raise LookupError

    with pytest.raises(LookupError):
        record(fails, stack="dev")
    assert len(during) == 2
    assert not {*before} & {*during}
    assert (resource._get_stack_trace, resource_cycle_breaker._reachable) == before


def part(name: str, *depends_on: pulumi.Resource, parent: pulumi.Resource | None = None) -> pulumi.Resource:
    options = pulumi.ResourceOptions(parent=parent, depends_on=depends_on)
    return pulumi.ComponentResource("test:index:Part", name, {}, options)


def test_a_circle_is_refused_and_a_chain_is_none() -> None:
    """Else the recording would wait forever, as `pulumi up` would."""

    def chain() -> None:
        parts = [part("first")]
        for n in range(5):
            parts.append(part(f"part{n}", *parts))

    def circle() -> None:
        whole = part("whole")
        part("inside", whole, parent=whole)

    assert len(record(chain, stack="dev").resources) == 7  # the stack itself is the seventh
    with pytest.raises(RuntimeError, match="circular dependency"):
        record(circle, stack="dev")
