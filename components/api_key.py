"""The key that applications send: the stack's own, or one made at random and kept in the state."""

import pulumi
import pulumi_random as random

_LENGTH = 43  # letters and digits: about 256 bits


class ApiKey(pulumi.ComponentResource):
    """`key` is a secret Output. With `given` it is that one, and nothing is made."""

    key: pulumi.Output[str]

    def __init__(
        self, name: str, *, given: pulumi.Input[str] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("llm:kubernetes:ApiKey", name, None, opts)
        if given is not None:
            self.key = pulumi.Output.secret(given)
        else:
            made = random.RandomPassword(
                f"{name}-random", length=_LENGTH, special=False, opts=pulumi.ResourceOptions(parent=self)
            )
            self.key = pulumi.Output.secret(made.result)
        self.register_outputs({"key": self.key})
