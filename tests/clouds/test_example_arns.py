"""The account and the region of an example become those of the stack, and nothing else of a text does."""

import pytest

from infra.clouds.aws.arns import of_the_stack

ACL = "arn:aws:wafv2:us-east-1:{}:regional/webacl/llm/111122223333"
CASES = {
    "the account field of an ARN": (
        ACL.format("111122223333"),
        ACL.format("999900001111").replace("us-east-1", "eu-a"),
    ),
    "of IAM, without a region": ("arn:aws:iam::111122223333:role/x", "arn:aws:iam::999900001111:role/x"),
    "of an account's own key": ("accountId: 111122223333", "accountId: 999900001111"),
    "another number of that form": ("a job 111122223333", "a job 111122223333"),
    "another account": (ACL.format("555566667777"), ACL.format("555566667777").replace("us-east-1", "eu-a")),
}


@pytest.mark.parametrize(("text", "here"), CASES.values(), ids=CASES)
def test_only_the_field_of_the_account_is_replaced(text: str, here: str) -> None:
    assert of_the_stack(text, "eu-a", "999900001111") == here
