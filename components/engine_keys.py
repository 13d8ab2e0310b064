"""The keys that engines accept. Only the gateway sends one, so no caller knows any of them."""

from collections.abc import Callable, Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from components.api_key import random_key
from components.container import API_KEY, ENGINE_KEYS


class EngineKeys(pulumi.ComponentResource):
    """`numbers` are those of the random keys that engines accept; the gateway sends the first. Each is kept in the
    state under its number, so that another number touches no key that stays.

    The Secret has the key that is sent, for engines that accept one, and `files`: name -> what an engine reads that
    accepts all of them, and `also` one that isn't sent.
    """

    sent: pulumi.Output[str]
    secret: k8s.core.v1.Secret

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        numbers: Sequence[int],
        also: pulumi.Input[str] | None,
        files: Mapping[str, Callable[[Sequence[str]], str]],
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:EngineKeys", name, None, opts)
        self.numbers = tuple(numbers)
        keys = {number: random_key(f"{name}-{number}", self) for number in sorted(numbers)}
        self.sent = keys[numbers[0]]
        accepted = pulumi.Output.all(*keys.values(), *([also] if also is not None else []))
        texts = {file: pulumi.Output.secret(accepted.apply(text)) for file, text in files.items()}
        self.secret = k8s.core.v1.Secret(
            f"{name}-secret",
            metadata={"name": ENGINE_KEYS, "namespace": namespace},
            string_data={API_KEY: self.sent, **texts},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        self.register_outputs({})
