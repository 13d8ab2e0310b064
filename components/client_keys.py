"""The keys of one client of the gateway, and the Secrets from which its pods take the newest one."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s

from components.api_key import random_key

# The environment variables that OpenAI's clients read: a pod takes both with one `envFrom`.
KEY_FIELD = "OPENAI_API_KEY"
URL_FIELD = "OPENAI_BASE_URL"


class ClientKeys(pulumi.ComponentResource):
    """`numbers` are those of the valid keys, the newest last. Each key is `given`, or made at random and kept in the
    state; its logical name is its number, so that another number touches no key that stays.

    `secrets` are logical name -> namespace of a Secret with the newest key. `keys` is a secret Output, in the order of
    `numbers`.
    """

    keys: pulumi.Output[list[str]]
    newest: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        numbers: Sequence[int],
        given: Mapping[int, pulumi.Input[str]],
        secret_name: str,
        secrets: Mapping[str, str],
        base_url: str,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llm:kubernetes:ClientKeys", name, None, opts)
        keys = [given[number] if number in given else random_key(f"{name}-key-{number}", self) for number in numbers]
        self.keys = pulumi.Output.secret(pulumi.Output.all(*keys))
        self.newest = pulumi.Output.secret(keys[-1])
        for logical_name, namespace in secrets.items():
            k8s.core.v1.Secret(
                logical_name,
                metadata={"name": secret_name, "namespace": namespace},
                string_data={KEY_FIELD: self.newest, URL_FIELD: base_url},
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(depends_on)),
            )
        self.register_outputs({"keys": self.keys})
