"""A recording leaves the SDK as it was."""

import pytest
from pulumi.runtime import resource

from infra.recording import record


def _fails() -> None:
    assert resource._get_stack_trace().frames == []
    raise LookupError


def test_call_stacks_are_left_out_only_while_a_program_is_recorded() -> None:
    before = resource._get_stack_trace
    with pytest.raises(LookupError):
        record(_fails, stack="dev")
    assert resource._get_stack_trace is before
