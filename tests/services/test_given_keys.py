"""Keys that the stack gives: what is wrong with them is said without showing one."""

import pytest

from infra.services.access.given_keys import wrong_secrets

GOOD = "q" * 20
WRONG = {
    "": "clientKey-web-1 is empty, or has a space or a line break",
    f"{GOOD}\n": "clientKey-web-1 is empty, or has a space or a line break",
    "hunter2": "clientKey-web-1 has fewer than 16 characters",
    "schlüssel-der-länge": "clientKey-web-1 has letters that no HTTP header may hold",
    "a-bell-\x07-and-more": "clientKey-web-1 has letters that no HTTP header may hold",
}


@pytest.mark.parametrize("value", WRONG)
def test_a_wrong_key_is_named_and_not_shown(value: str) -> None:
    (said,) = wrong_secrets({"clientKey-web-1": value})
    assert said.startswith(WRONG[value])
    assert "pulumi config set --secret llm-platform:clientKey-web-1" in said
    assert not value or value not in said


def test_two_clients_with_one_key_are_named_and_so_is_the_key_of_the_stack() -> None:
    secrets = {"clientKey-web-1": GOOD, "clientKey-batch-2": GOOD, "apiKey": GOOD, "huggingFaceToken": GOOD}
    (said,) = wrong_secrets({**secrets, "clientKey-b-1": "p" * 20})
    assert said.startswith("apiKey, clientKey-batch-2, clientKey-web-1 are the same (value not shown)")
    assert GOOD not in said


def test_good_keys_pass_and_a_short_api_key_of_an_older_stack_too() -> None:
    assert not list(wrong_secrets({"clientKey-web-1": GOOD, "clientKey-web-2": "p" * 16, "apiKey": "hunter2"}))


def test_all_mistakes_are_said_at_once() -> None:
    assert len(list(wrong_secrets({"clientKey-a-1": "", "clientKey-b-1": "x", "huggingFaceToken": " "}))) == 3
