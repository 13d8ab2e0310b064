"""The typed outputs of an LLM Platform stack, for an application's own Pulumi program. It needs only pulumi.

    platform = PlatformOutputs.from_stack("acme/llm-platform/prod")
    platform.base_url, platform.client("web-shop").secret  # one URL for all models, and the Secret with your key
    platform.model("llama-8b").max_model_len

Reads versions 1 and 2 of the outputs and ignores fields that it doesn't know. If the stack doesn't have what the
program reads, the program stops with a message that says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Never, TypeVar, cast

import pulumi

VERSIONS = (1, 2)
T = TypeVar("T")
NO_KEY = "none"  # OpenAI clients refuse an empty key; a server that checks no key accepts any


@dataclass(frozen=True)
class KeySecret:
    """A Kubernetes Secret, and the key in it that holds an API key."""

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
class AwakeHours:
    """Hours of the week in which a model that may sleep has a replica."""

    days: list[str]  # mon to sun: the days on which they begin
    begins: str  # HH:MM
    ends: str  # HH:MM, up to 24:00; on the next day where it isn't after `begins`
    timezone: str


@dataclass(frozen=True)
class Model:
    """The platform's outputs for one model."""

    model: str  # send this as `model`
    kind: str  # chat, embed or rerank
    engine: str
    max_model_len: int  # tokens of prompt and answer together
    paused: bool
    base_url: str | None = None  # None: no way in from outside, or version 2, where it is the platform's
    base_url_in_cluster: str | None = None  # None: version 2, where it is the platform's
    timeout_seconds: int | None = None  # None: version 2, where it is the gateway's
    embedding_size: int | None = None  # numbers in a vector; None: not an embedding model, or not known
    dimensions: SmallerVectors | None = None  # None: a request that asks for `dimensions` is refused
    api_key_secret: KeySecret | None = None  # None: no key is checked, or version 2, where clients have keys
    truncates_prompts: bool = False  # True: a part of a prompt that is too long is left out, and the rest is answered
    tools: bool | None = None  # True: `tools` of a request are answered with tool calls; None: not known
    reasoning: bool | None = (
        None  # True: the model's thoughts are in the field `reasoning` of an answer, not in `content`
    )
    vision: bool = False  # True: a message may hold images
    adapters: list[str] | None = None  # LoRA adapters: names to send as `model` to the same URL; None: it has none
    json_schema: bool | None = None  # True: an answer follows the JSON schema of `response_format`
    held_seconds: int | None = None  # how long a request is held while the model wakes up; None: it never sleeps
    awake: list[AwakeHours] | None = (
        None  # hours in which it never sleeps; None: it has none, or it never sleeps at all
    )


@dataclass(frozen=True)
class GatewayClient:
    """An application that may call the gateway, by its own keys."""

    secret: KeySecret  # its newest key
    models: list[str]  # what it may send as `model`
    requests_per_minute: int
    concurrent_requests: int
    team: str | None = None
    tokens_per_minute: int | None = None  # None: not limited
    custom: list[str] | None = None  # names of the gateway's `custom` that it may call; None: none
    # By model, how many of its requests at once may be for that one; None: of each model all of them.
    concurrent_requests_of: dict[str, int] | None = None


@dataclass(frozen=True)
class CustomServer:
    """A server beside the models, with the same keys: what stands behind its URL is the path that it is asked for."""

    base_url_in_cluster: str
    audio: bool  # True: it answers OpenAI's paths of audio, where the header x-llm-model has its name
    base_url: str | None = None  # None: in the cluster only


@dataclass(frozen=True)
class Gateway:
    """One URL for all models: a request's `model` says which answers."""

    base_url_in_cluster: str
    timeout_seconds: int  # how long an answer may come without a byte, and may take from its first byte on
    largest_request_mib: int
    clients: Mapping[str, GatewayClient]
    base_url: str | None = None  # None: in the cluster only
    custom: Mapping[str, CustomServer] | None = None  # None: there are none


@dataclass(frozen=True)
class External:
    """A model that somebody else hosts: prompts for it leave the network."""

    host: str  # of the provider
    provider_model: str  # the provider's name of it
    kind: str
    fallback_of: list[str]  # models whose requests go there that their own servers don't answer
    context_length: int | None = None  # tokens of prompt and answer together; None: not known


@dataclass(frozen=True)
class Platform:
    """The platform's outputs without the key, so that the rest is no secret."""

    cluster_name: str
    namespace: str
    models: Mapping[str, Model]
    region: str | None = None  # None: no AWS
    versions: list[int] | None = None  # of the outputs that the stack keeps; None: one alone
    gateway: Gateway | None = None  # None: version 1 alone
    gateway_address: str | None = None  # None: no gateway
    external: Mapping[str, External] | None = None  # by the name to send; None: nothing leaves the network


class ModelOutputs:
    """One model of the platform, each field as an Output."""

    def __init__(
        self, stack: str, name: str, platform: pulumi.Output[Platform], key: pulumi.Output[str | None]
    ) -> None:
        self._stack, self._name, self._key, self._platform = stack, name, key, platform
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
        """From outside the cluster. Stops the program if there is no way in."""
        return self._of_both(lambda facts, gateway: facts.base_url or (gateway and gateway.base_url))

    @property
    def base_url_in_cluster(self) -> pulumi.Output[str]:
        """For pods of namespaces labelled llm-platform/client=true."""
        return self._of_both(
            lambda facts, gateway: facts.base_url_in_cluster or (gateway and gateway.base_url_in_cluster)
        )

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
        return self._of_both(lambda facts, gateway: facts.timeout_seconds or (gateway and gateway.timeout_seconds))

    @property
    def paused(self) -> pulumi.Output[bool]:
        return self.facts.apply(lambda facts: facts.paused)

    @property
    def held_seconds(self) -> pulumi.Output[int | None]:
        """How long a request may be held without a byte, while the model wakes up; None: it never sleeps."""
        return self.facts.apply(lambda facts: facts.held_seconds)

    @property
    def awake(self) -> pulumi.Output[list[AwakeHours] | None]:
        """Hours in which it never sleeps; None: it has none, or it never sleeps at all."""
        return self.facts.apply(lambda facts: facts.awake)

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
        """The newest key of the client `default`, a secret; `none` for a model that checks no key, so that it never
        gets the others' key. Only in version 1: later, each client has its own Secret."""
        both = pulumi.Output.all(self._key, self.facts)
        return pulumi.Output.secret(both.apply(lambda said: said[0] if said[1].api_key_secret and said[0] else NO_KEY))

    def _of_both(self, read: Callable[[Model, Gateway | None], T | None]) -> pulumi.Output[T]:
        """What the model has in version 1, and the gateway in version 2."""
        both = pulumi.Output.all(self.facts, self._platform)
        return both.apply(lambda said: read(said[0], said[1].gateway) or self._no_gateway())

    def _find(self, platform: Platform) -> Model:
        if self._name not in platform.models:
            known = ", ".join(sorted(platform.models)) or "no model at all"
            raise pulumi.RunError(f"{self._stack} has no model {self._name!r}; it has {known}")
        return platform.models[self._name]

    def _no_gateway(self) -> Never:
        raise pulumi.RunError(no_way_in(self._stack))


class ClientOutputs:
    """One client of the gateway, each field as an Output."""

    def __init__(self, stack: str, name: str, platform: pulumi.Output[Platform]) -> None:
        self._stack, self._name = stack, name
        self.facts: pulumi.Output[GatewayClient] = platform.apply(self._find)

    @property
    def secret(self) -> pulumi.Output[KeySecret]:
        """It holds the newest key: pods of its namespace read it as an environment variable."""
        return self.facts.apply(lambda facts: facts.secret)

    @property
    def models(self) -> pulumi.Output[list[str]]:
        """What it may send as `model`."""
        return self.facts.apply(lambda facts: facts.models)

    @property
    def team(self) -> pulumi.Output[str | None]:
        return self.facts.apply(lambda facts: facts.team)

    @property
    def requests_per_minute(self) -> pulumi.Output[int]:
        return self.facts.apply(lambda facts: facts.requests_per_minute)

    @property
    def concurrent_requests(self) -> pulumi.Output[int]:
        return self.facts.apply(lambda facts: facts.concurrent_requests)

    @property
    def concurrent_requests_of(self) -> pulumi.Output[dict[str, int] | None]:
        """By model, how many of them may be for that one; None: of each model all of them."""
        return self.facts.apply(lambda facts: facts.concurrent_requests_of)

    @property
    def tokens_per_minute(self) -> pulumi.Output[int | None]:
        return self.facts.apply(lambda facts: facts.tokens_per_minute)

    @property
    def custom(self) -> pulumi.Output[list[str] | None]:
        """Servers of the gateway's `custom` that it may call."""
        return self.facts.apply(lambda facts: facts.custom)

    def _find(self, platform: Platform) -> GatewayClient:
        clients = _gateway_of(self._stack, platform).clients
        if self._name not in clients:
            raise pulumi.RunError(f"{self._stack} has no client {self._name!r}; it has {', '.join(sorted(clients))}")
        return clients[self._name]


class PlatformOutputs:
    """An LLM Platform stack, each output as an Output."""

    def __init__(self, stack: str, reference: pulumi.StackReference) -> None:
        # One by one: read together, they would all be secret because the key is.
        names = ("version", "versions", "cluster_name", "namespace", "region", "gateway", "gateway_address", "models")
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

    def client(self, name: str) -> ClientOutputs:
        """By its name in the platform's stack file."""
        return ClientOutputs(self._stack, name, self.facts)

    @property
    def base_url(self) -> pulumi.Output[str]:
        """Of all models, from outside the cluster. Stops the program if there is no way in."""
        return self.facts.apply(lambda facts: _gateway_of(self._stack, facts).base_url or self._no_way_in())

    @property
    def base_url_in_cluster(self) -> pulumi.Output[str]:
        """Of all models, for pods of namespaces labelled llm-platform/client=true."""
        return self.facts.apply(lambda facts: _gateway_of(self._stack, facts).base_url_in_cluster)

    @property
    def gateway(self) -> pulumi.Output[Gateway | None]:
        return self.facts.apply(lambda facts: facts.gateway)

    @property
    def versions(self) -> pulumi.Output[list[int] | None]:
        return self.facts.apply(lambda facts: facts.versions)

    @property
    def models(self) -> pulumi.Output[Mapping[str, Model]]:
        return self.facts.apply(lambda facts: facts.models)

    @property
    def external(self) -> pulumi.Output[Mapping[str, External] | None]:
        return self.facts.apply(lambda facts: facts.external)

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
        """The newest key of the client `default`, a secret. Stops the program if the platform has none; the `api_key`
        of a model doesn't stop it."""
        both = pulumi.Output.all(self._key, self.facts)
        return pulumi.Output.secret(both.apply(lambda said: said[0] or self._no_key()))

    def _no_key(self) -> str:
        raise pulumi.RunError(f"{self._stack} has no api_key: read the Secret of your client instead")

    def _no_way_in(self) -> Never:
        raise pulumi.RunError(no_way_in(self._stack))


def no_way_in(stack: str) -> str:
    return (
        f"{stack} is reached in its cluster only: use base_url_in_cluster from a pod of a namespace labelled"
        " llm-platform/client=true, or ask for `gateway.domain` in the platform's stack file"
    )


def _gateway_of(stack: str, platform: Platform) -> Gateway:
    if platform.gateway is None:
        raise pulumi.RunError(
            f"{stack} has version 1 of the outputs alone, without `gateway`: `pulumi up` there with a newer platform,"
            " or read the model's base_url and api_key"
        )
    return platform.gateway


def _platform(stack: str, outputs: Mapping[str, Any]) -> Platform:
    _check_versions(stack, outputs["version"], outputs.get("versions"))
    found = _known(Platform, outputs, stack)
    models = {name: _model(said, f"{stack}: models.{name}") for name, said in found.pop("models").items()}
    gateway, hosted = found.pop("gateway"), found.pop("external") or {}
    external = {name: External(**_known(External, each, f"{stack}: external.{name}")) for name, each in hosted.items()}
    return Platform(
        **found,
        models=models,
        gateway=_gateway(gateway, f"{stack}: gateway") if gateway else None,
        external=external or None,
    )


def _gateway(said: Mapping[str, Any], where: str) -> Gateway:
    found = _known(Gateway, said, where)
    clients = {name: _client(each, f"{where}.clients.{name}") for name, each in found.pop("clients").items()}
    own: Mapping[str, Any] = found.pop("custom") or {}
    custom = {name: CustomServer(**_known(CustomServer, each, f"{where}.custom.{name}")) for name, each in own.items()}
    return Gateway(**found, clients=clients, custom=custom or None)


def _client(said: Mapping[str, Any], where: str) -> GatewayClient:
    found = _known(GatewayClient, said, where)
    return GatewayClient(**{**found, "secret": KeySecret(**_known(KeySecret, found["secret"], where))})


def _model(said: Mapping[str, Any], where: str) -> Model:
    found = _known(Model, said, where)
    secret, smaller, awake = found.pop("api_key_secret"), found.pop("dimensions"), found.pop("awake")
    return Model(
        **found,
        api_key_secret=KeySecret(**_known(KeySecret, secret, where)) if secret else None,
        dimensions=SmallerVectors(**_known(SmallerVectors, smaller, where)) if smaller else None,
        awake=[AwakeHours(**_known(AwakeHours, each, where)) for each in awake] if awake else None,
    )


def _known(kind: type, said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Only the fields of `kind`. Pulumi turns every number into a float, and leaves out what is null."""
    missing = [each.name for each in fields(kind) if each.default is MISSING and said.get(each.name) is None]
    if missing:
        raise pulumi.RunError(f"{where}: no {', '.join(missing)}, which the outputs promise")
    values = {each.name: said.get(each.name) for each in fields(kind)}
    return {name: _whole(value) for name, value in values.items()}


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(each) for each in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) else value


def _check_versions(stack: str, version: Any, versions: Any) -> None:
    """A stack may keep several; `versions` is absent where it keeps one."""
    kept = cast("list[Any]", versions or [version])
    if any(each in VERSIONS for each in kept):
        return
    reads = f"this client reads versions {VERSIONS[0]} and {VERSIONS[1]} of LLM Platform's outputs; {stack} has"
    if not isinstance(version, int | float):
        raise pulumi.RunError(f"{reads} none: is that the name of a platform's stack, and was `pulumi up` run there?")
    newer = f"take the llm_platform.py that reads {version:g}"
    older = f"`pulumi up` there with a newer platform, or {newer}"
    raise pulumi.RunError(f"{reads} version {version:g}: {newer if version > VERSIONS[-1] else older}")
