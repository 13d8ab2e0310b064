"""The key of the stack, and where it may show."""

import pulumi

from components.api_key import ApiKey
from infra.recording import SECRET
from tests.components.examples import run, server_of

RANDOM = "random:index/randomPassword:RandomPassword"


def test_a_key_is_made_at_random_where_the_stack_has_none():
    (made,) = run(lambda opts: ApiKey("api-key")).of(RANDOM)
    assert made.inputs["length"] >= 32
    assert made.inputs["special"] is False


def test_a_given_key_makes_nothing_and_shows_nowhere():
    def program(opts):
        key = ApiKey("api-key", given="top-secret").key
        pulumi.export("api_key", key)
        server_of(opts, callers_key=key)

    recording = run(program)
    assert not [each for each in recording.of(RANDOM) if each.name.startswith("api-key")]
    assert {SECRET} == {
        text for s in recording.of("kubernetes:core/v1:Secret") for text in s.inputs["stringData"].values()
    }
    assert recording.outputs["api_key"] == SECRET
    assert "top-secret" not in str(recording)
