"""The typed outputs of an LLM Platform stack, for an application's own Pulumi program. It needs only pulumi.

    platform = PlatformOutputs.from_stack("acme/llm-platform/prod")
    chat = platform.model("llama-8b")
    chat.base_url, chat.model, chat.api_key

Reads version 1 of the outputs and ignores fields that it doesn't know. If the stack doesn't have what the program
reads, the program stops with a message that says so.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, cast

import pulumi

VERSION = 1
NO_KEY = "none"  # OpenAI clients refuse an empty key; a server that checks no key accepts any


@dataclass(frozen=True)
class KeySecret:
    """The Kubernetes Secret that holds a model's API key."""

    namespace: str
    name: str
    key: str


@dataclass(frozen=True)
class SmallerVectors:
    """The sizes for which `dimensions` of a request may ask."""

    min: int
    max: int
    only: list[int] | None = None  # the only sizes; None: each from min to max


@dataclass(frozen=True)
class Model:
    """The platform's outputs for one model."""

    model: str  # send this as `model`
    kind: str  # chat, embed or rerank
    engine: str
    base_url_in_cluster: str
    max_model_len: int  # tokens of prompt and answer together
    timeout_seconds: int
    paused: bool
    base_url: str | None = None  # None: no gateway
    embedding_size: int | None = None  # numbers in a vector; None: not an embedding model, or not known
    dimensions: SmallerVectors | None = None  # None: a request that asks for `dimensions` is refused
    api_key_secret: KeySecret | None = None  # None: no key is checked
    truncates_prompts: bool = False  # True: a part of a prompt that is too long is left out, and the rest is answered
    tools: bool | None = None  # True: `tools` of a request are answered with tool calls; None: not known
    reasoning: bool | None = (
        None  # True: the model's thoughts are in the field `reasoning` of an answer, not in `content`
    )
    vision: bool = False  # True: a message may hold images
    adapters: list[str] | None = None  # LoRA adapters: names to send as `model` to the same URL; None: it has none
    json_schema: bool | None = None  # True: an answer follows the JSON schema of `response_format`


@dataclass(frozen=True)
class Platform:
    """The platform's outputs without the key, so that the rest is no secret."""

    cluster_name: str
    namespace: str
    models: Mapping[str, Model]
    region: str | None = None  # None: no AWS
    gateway_address: str | None = None  # None: no gateway


class ModelOutputs:
    """One model of the platform, each field as an Output."""

    def __init__(
        self, stack: str, name: str, platform: pulumi.Output[Platform], key: pulumi.Output[str | None]
    ) -> None:
        self._stack, self._name, self._key = stack, name, key
        self.facts: pulumi.Output[Model] = platform.apply(self._find)  # None where the platform's output is null

    @property
    def model(self) -> pulumi.Output[str]:
        """Send this as `model`."""
        return self.facts.apply(lambda facts: facts.model)

    @property
    def kind(self) -> pulumi.Output[str]:
        return self.facts.apply(lambda facts: facts.kind)

    @property
    def engine(self) -> pulumi.Output[str]:
        return self.facts.apply(lambda facts: facts.engine)

    @property
    def base_url(self) -> pulumi.Output[str]:
        """From outside the cluster. Stops the program if the platform has no gateway."""
        return self.facts.apply(lambda facts: facts.base_url or self._no_gateway())

    @property
    def base_url_in_cluster(self) -> pulumi.Output[str]:
        """For pods of namespaces labelled llm-platform/client=true."""
        return self.facts.apply(lambda facts: facts.base_url_in_cluster)

    @property
    def max_model_len(self) -> pulumi.Output[int]:
        return self.facts.apply(lambda facts: facts.max_model_len)

    @property
    def embedding_size(self) -> pulumi.Output[int | None]:
        return self.facts.apply(lambda facts: facts.embedding_size)

    @property
    def dimensions(self) -> pulumi.Output[SmallerVectors | None]:
        return self.facts.apply(lambda facts: facts.dimensions)

    @property
    def timeout_seconds(self) -> pulumi.Output[int]:
        return self.facts.apply(lambda facts: facts.timeout_seconds)

    @property
    def paused(self) -> pulumi.Output[bool]:
        return self.facts.apply(lambda facts: facts.paused)

    @property
    def truncates_prompts(self) -> pulumi.Output[bool]:
        """Whether a prompt that is too long is cut and answered instead of refused."""
        return self.facts.apply(lambda facts: facts.truncates_prompts)

    @property
    def tools(self) -> pulumi.Output[bool | None]:
        return self.facts.apply(lambda facts: facts.tools)

    @property
    def reasoning(self) -> pulumi.Output[bool | None]:
        """Whether thoughts stand apart from the answer."""
        return self.facts.apply(lambda facts: facts.reasoning)

    @property
    def vision(self) -> pulumi.Output[bool]:
        return self.facts.apply(lambda facts: facts.vision)

    @property
    def adapters(self) -> pulumi.Output[list[str] | None]:
        """Names of LoRA adapters: send one as `model` to the same URL. None: it has none."""
        return self.facts.apply(lambda facts: facts.adapters)

    @property
    def json_schema(self) -> pulumi.Output[bool | None]:
        return self.facts.apply(lambda facts: facts.json_schema)

    @property
    def api_key_secret(self) -> pulumi.Output[KeySecret | None]:
        return self.facts.apply(lambda facts: facts.api_key_secret)

    @property
    def api_key(self) -> pulumi.Output[str]:
        """The key to send, a secret; `none` for a model that checks no key, so that it never gets the others' key."""
        both = pulumi.Output.all(self._key, self.facts)
        return pulumi.Output.secret(both.apply(lambda said: said[0] if said[1].api_key_secret and said[0] else NO_KEY))

    def _find(self, platform: Platform) -> Model:
        if self._name not in platform.models:
            known = ", ".join(sorted(platform.models)) or "no model at all"
            raise pulumi.RunError(f"{self._stack} has no model {self._name!r}; it has {known}")
        return platform.models[self._name]

    def _no_gateway(self) -> str:
        raise pulumi.RunError(
            f"{self._stack} has no gateway, so {self._name} has no base_url: use base_url_in_cluster from a pod of a "
            "namespace labelled llm-platform/client=true, or ask for `gateway` in the platform's stack file"
        )


class PlatformOutputs:
    """An LLM Platform stack, each output as an Output."""

    def __init__(self, stack: str, reference: pulumi.StackReference) -> None:
        # One by one: read together, they would all be secret because the key is.
        names = ("version", "cluster_name", "namespace", "region", "gateway_address", "models")
        said = pulumi.Output.all(**{name: reference.get_output(name) for name in names})
        self._stack = stack
        self._key = pulumi.Output.secret(reference.get_output("api_key"))
        self.facts: pulumi.Output[Platform] = said.apply(lambda outputs: _platform(stack, outputs))

    @classmethod
    def from_stack(cls, stack: str, opts: pulumi.ResourceOptions | None = None) -> "PlatformOutputs":
        """`stack` is the full name: organization/project/stack."""
        return cls(stack, pulumi.StackReference(stack, opts=opts))

    def model(self, name: str) -> ModelOutputs:
        """By its name in the platform's stack file."""
        return ModelOutputs(self._stack, name, self.facts, self._key)

    @property
    def models(self) -> pulumi.Output[Mapping[str, Model]]:
        return self.facts.apply(lambda facts: facts.models)

    @property
    def cluster_name(self) -> pulumi.Output[str]:
        return self.facts.apply(lambda facts: facts.cluster_name)

    @property
    def namespace(self) -> pulumi.Output[str]:
        """Where the models are."""
        return self.facts.apply(lambda facts: facts.namespace)

    @property
    def region(self) -> pulumi.Output[str | None]:
        return self.facts.apply(lambda facts: facts.region)

    @property
    def gateway_address(self) -> pulumi.Output[str | None]:
        """The address to which DNS has to point."""
        return self.facts.apply(lambda facts: facts.gateway_address)

    @property
    def api_key(self) -> pulumi.Output[str]:
        """A secret. Stops the program if no model checks a key; the `api_key` of a model doesn't stop it."""
        both = pulumi.Output.all(self._key, self.facts)
        return pulumi.Output.secret(both.apply(lambda said: said[0] or self._no_key()))

    def _no_key(self) -> str:
        raise pulumi.RunError(f"{self._stack} has no api_key: no model there checks one; a model's own is {NO_KEY!r}")


def _platform(stack: str, outputs: Mapping[str, Any]) -> Platform:
    _check_version(stack, outputs["version"])
    found = _known(Platform, outputs, stack)
    models = {name: _model(said, f"{stack}: models.{name}") for name, said in found.pop("models").items()}
    return Platform(**found, models=models)


def _model(said: Mapping[str, Any], where: str) -> Model:
    found = _known(Model, said, where)
    secret, smaller = found.pop("api_key_secret"), found.pop("dimensions")
    return Model(
        **found,
        api_key_secret=KeySecret(**_known(KeySecret, secret, where)) if secret else None,
        dimensions=SmallerVectors(**_known(SmallerVectors, smaller, where)) if smaller else None,
    )


def _known(kind: type, said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Only the fields of `kind`. Pulumi turns every number into a float, and leaves out what is null."""
    missing = [each.name for each in fields(kind) if each.default is MISSING and said.get(each.name) is None]
    if missing:
        raise pulumi.RunError(f"{where}: no {', '.join(missing)}, which version {VERSION} of the outputs promises")
    values = {each.name: said.get(each.name) for each in fields(kind)}
    return {name: _whole(value) for name, value in values.items()}


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(each) for each in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) else value


def _check_version(stack: str, version: Any) -> None:
    if version == VERSION:
        return
    reads = f"this client reads version {VERSION} of LLM Platform's outputs; {stack} has"
    if not isinstance(version, int | float):
        raise pulumi.RunError(f"{reads} none: is that the name of a platform's stack, and was `pulumi up` run there?")
    newer = f"take the llm_platform.py that reads {version:g}"
    older = f"`pulumi up` there with a platform of version {VERSION}, or {newer}"
    raise pulumi.RunError(f"{reads} version {version:g}: {newer if version > VERSION else older}")
