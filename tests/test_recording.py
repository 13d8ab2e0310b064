"""A recording leaves the SDK as it was."""

import pytest
from pulumi.runtime import resource

from infra.recording import record


def test_call_stacks_are_left_out_only_while_a_program_is_recorded() -> None:
    before = resource._get_stack_trace
    during = []

    def fails() -> None:
        during.append(resource._get_stack_trace)
        raise LookupError

    with pytest.raises(LookupError):
        record(fails, stack="dev")
    assert before not in during
    assert len(during) == 1
    assert resource._get_stack_trace is before
