"""The key that applications send: the key that the stack sets, or a random key that is kept in the state."""

import pulumi
import pulumi_random as random

LENGTH = 43  # letters and digits: about 256 bits


class ApiKey(pulumi.ComponentResource):
    """`key` is a secret Output. If `given` is set, it is that key, and no resource is created."""

    key: pulumi.Output[str]

    def __init__(
        self, name: str, *, given: pulumi.Input[str] | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("llm:kubernetes:ApiKey", name, None, opts)
        if given is not None:
            self.key = pulumi.Output.secret(given)
        else:
            made = random.RandomPassword(
                f"{name}-random", length=LENGTH, special=False, opts=pulumi.ResourceOptions(parent=self)
            )
            self.key = pulumi.Output.secret(made.result)
        self.register_outputs({"key": self.key})
