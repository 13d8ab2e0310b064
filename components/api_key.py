"""The key that applications send: the key that the stack sets, or a random key that is kept in the state."""

import pulumi
import pulumi_random as random

_LENGTH = 43  # letters and digits: about 256 bits


def random_key(name: str, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Kept in the state, as a secret."""
    made = random.RandomPassword(name, length=_LENGTH, special=False, opts=pulumi.ResourceOptions(parent=parent))
    return pulumi.Output.secret(made.result)


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
            self.key = random_key(f"{name}-random", self)
        self.register_outputs({"key": self.key})
