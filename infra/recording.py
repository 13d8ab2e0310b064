"""Runs a Pulumi program against the SDK's own mock monitor, and records every request with its options.

So `llm-platform plan` and the tests see what `pulumi up` would make, without CLI, credentials or network. It makes URNs
as the engine does, and refuses what the engine refuses: a duplicate URN, a default provider (Pulumi.yaml disables
them), and a look-up without an answer.

A value that only a cloud can know is `${name.attribute}`, as in Pulumi YAML; with `preview=True` it is unknown, as in a
first preview.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi import Resource
from pulumi.runtime import mocks, resource, resource_cycle_breaker, rpc, set_all_config, settings
from pulumi.runtime.proto import resource_pb2, source_pb2
from pulumi.runtime.stack import Stack, wait_for_rpcs

from infra.registry import clouds, types_of

PROJECT = "llm-platform"
SECRET = "[secret]"
UNKNOWN = "[unknown]"
_STACK = "pulumi:pulumi:Stack"
_SDK: Any = settings.SETTINGS  # its properties are made by a decorator that no type checker sees through

# Attributes that a provider computes and the program reads, by type; each cloud has its own list. A nested attribute is
# a path. All others, and those that are inputs, come back as they were sent.
_COMPUTED: Mapping[str, tuple[str, ...]] = {
    "kubernetes:core/v1:Secret": ("metadata.name",),  # follows from the logical name where none is given
    "kubernetes:core/v1:Service": ("status.loadBalancer.ingress.0.hostname",),
    "kubernetes:networking.k8s.io/v1:Ingress": ("status.loadBalancer.ingress.0.hostname",),
    "random:index/randomPassword:RandomPassword": ("result",),
}

_READ = ("kubernetes:core/v1:Namespace",)  # read on the cluster; nothing of them is used here

Answers = Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]


class NotOnTheEngine(Exception):
    """The program does something that the real engine refuses."""


@dataclass(frozen=True)
class Recorded:
    """One registration as the engine sees it: inputs by the schema's keys, and the options that are set."""

    urn: str
    type: str
    name: str
    parent: str | None
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Read:
    """A resource of somebody else that the program reads."""

    urn: str
    type: str
    name: str
    id: str


@dataclass
class Recording:
    """All registrations, sorted by URN, what is read, and the stack's outputs."""

    resources: list[Recorded] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)

    def of(self, type_: str) -> list[Recorded]:
        """All resources of a type token, e.g. `kubernetes:apps/v1:Deployment`."""
        return [r for r in self.resources if r.type == type_]

    def one(self, type_: str, name: str) -> Recorded:
        """The resource of that type and logical name."""
        found = [r for r in self.of(type_) if r.name == name]
        if len(found) != 1:
            raise LookupError(
                f"{len(found)} resources are {type_} {name!r}; of that type: {[r.name for r in self.of(type_)]}"
            )
        return found[0]


def record(
    program: Callable[[], None],
    *,
    stack: str,
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
    answers: Answers | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
    preview: bool = False,
) -> Recording:
    """Run `program` as the stack's program. `answers` maps a function's token to what its provider would return.

    `stacks` has the outputs of the stacks to which it may refer, as recorded from them.
    """
    monitor = _RecordingMonitor(answers or {}, stacks or {}, preview)
    settings.configure(
        mocks.MockSettings(
            monitor=monitor,
            monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
            engine=mocks.MockEngine(None),
            project=PROJECT,
            stack=stack,
            dry_run=preview,
            organization="organization",
            callbacks=None,
        )
    )
    settings.ROOT.set(None)  # else the root of an earlier run in this process would be used
    set_all_config(dict(config or {}), list(secret_keys))
    _SDK.outputs.clear()  # an earlier run that failed may have left some
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    asyncio.set_event_loop(loop)
    try:
        with _faster_sdk():
            loop.run_until_complete(_run_in_stack(program))
    finally:
        for task in asyncio.all_tasks(loop):  # some are left where the program raised
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
    monitor.recording.resources.sort(key=lambda r: r.urn)
    return monitor.recording


@contextmanager
def _faster_sdk() -> Iterator[None]:
    """With each resource the SDK sends the calls that made it: to read them takes long, and no recording has them. And
    its search for circles is a tenth of the recording of sixty models."""
    read, search = resource._get_stack_trace, resource_cycle_breaker._reachable
    resource._get_stack_trace = source_pb2.StackTrace
    resource_cycle_breaker._reachable = _reachable
    try:
        yield
    finally:
        resource._get_stack_trace, resource_cycle_breaker._reachable = read, search


def _reachable(from_resource: Resource, to_resource: Resource) -> bool:
    """As the SDK's own function, whose generators hand each resource up through all those between."""
    seen, ahead = {from_resource}, [from_resource]
    while ahead:
        here = ahead.pop()
        if here is to_resource:
            return True
        new = resource_cycle_breaker._deps(here) - seen
        seen |= new
        ahead.extend(new)
    return False


async def _run_in_stack(program: Callable[[], None]) -> None:
    """Like the SDK's `run_in_stack`, but it awaits each Output once: the SDK goes through all after each one."""
    root = Stack()
    try:
        program()
    finally:
        root._finish()
    while _SDK.rpc_manager.rpcs or _SDK.outputs:
        await wait_for_rpcs(await_all_outstanding_tasks=False)
        pending = list(_SDK.outputs)
        _SDK.outputs.clear()
        await asyncio.gather(*pending)


class _RecordingMonitor(mocks.MockMonitor):
    def __init__(self, answers: Answers, stacks: Mapping[str, Mapping[str, Any]], preview: bool) -> None:
        super().__init__(_NoMocks())
        self.recording = Recording()
        self._answers = answers
        self._stacks = stacks
        self._preview = preview
        self._urns: set[str] = set()

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        parents = "" if not parent or parent.split("::")[2] == _STACK else parent.split("::")[2] + "$"
        return f"urn:pulumi:{settings.get_stack()}::{PROJECT}::{parents}{type_}::{name}"

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self._urns:
            raise NotOnTheEngine(f"duplicate URN {urn}")
        self._urns.add(urn)
        if request.custom and not request.provider and request.type.partition(":")[0] in _without_default_provider():
            raise NotOnTheEngine(f"{urn} has no explicit provider, and the default ones are disabled")
        inputs = _plain_fields(request.object)
        self.recording.resources.append(
            Recorded(urn, request.type, request.name, request.parent or None, inputs, _options(request))
        )
        known = request.custom and not self._preview
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        if known:
            for path in _computed(request.type):
                _set(state, path.split("."), f"${{{request.name}.{path}}}")
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=f"${{{request.name}.id}}" if known else "", object=state
        )

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:
        if request.type in _READ:
            urn = self.make_urn(request.parent, request.type, request.name)
            self.recording.reads.append(Read(urn, request.type, request.name, request.id))
            return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)
        if request.type != "pulumi:pulumi:StackReference" or request.id not in self._stacks:
            raise NotOnTheEngine(f"{request.type} {request.name!r} is read, and offline nothing can be read")
        outputs = self._stacks[request.id]
        state = struct_pb2.Struct()
        state.update({"outputs": {name: _as_sent(value) for name, value in outputs.items() if value is not None}})
        state.update({"secretOutputNames": [name for name, value in outputs.items() if value == SECRET]})
        return resource_pb2.ReadResourceResponse(
            urn=self.make_urn(request.parent, request.type, request.name), properties=state
        )

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        if request.urn.split("::")[2] == _STACK:
            self.recording.outputs.update(_plain_fields(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        if request.tok not in self._answers:
            raise NotOnTheEngine(f"nothing answers the look-up {request.tok}")
        returned = struct_pb2.Struct()
        returned.update(self._answers[request.tok](_plain_fields(request.args)))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(returned)  # `return` is a keyword of Python
        return response


class _Inline(futures.ThreadPoolExecutor):
    """Runs each request at once. The SDK uses threads, because an engine may answer late; this monitor never does."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        future: futures.Future[Any] = futures.Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class _NoMocks(mocks.Mocks):
    """The base class needs mocks, but the monitor above answers every request before it reaches them."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotOnTheEngine(f"nothing answers the call {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotOnTheEngine(f"nothing makes {args.name}")


def _without_default_provider() -> set[str]:
    """The packages whose default provider Pulumi.yaml disables."""
    return {"kubernetes", *(cloud.types.package for cloud in clouds())}


def _computed(type_: str) -> tuple[str, ...]:
    return _COMPUTED.get(type_) or types_of(type_).computed.get(type_, ())


def _options(request: Any) -> dict[str, Any]:
    """The options that are set, by their names in the contract. `depends_on` has everything that must come first."""
    timeouts = {key: getattr(request.customTimeouts, key) for key in ("create", "update", "delete")}
    options = {
        "depends_on": sorted(request.dependencies),
        "protect": request.protect,
        "retain_on_delete": request.retainOnDelete,
        "ignore_changes": list(request.ignoreChanges),
        "provider": request.provider.rsplit("::", 1)[0],  # a reference is URN::id
        "custom_timeouts": {key: value for key, value in timeouts.items() if value},
        "aliases": [alias.urn or alias.spec.name or alias.spec.type for alias in request.aliases],
        "delete_before_replace": request.deleteBeforeReplace,
        "replace_on_changes": list(request.replaceOnChanges),
        "replace_with": sorted(request.replace_with),
    }
    return {key: value for key, value in options.items() if value}


def _plain_fields(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The fields, sorted: protobuf maps have no order, and two runs must give the same result."""
    return {key: _plain(struct.fields[key]) for key in sorted(struct.fields)}


def _plain(value: struct_pb2.Value) -> Any:
    """A protobuf value as JSON data: secrets and unknown values become words, whole numbers become int."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if rpc._special_sig_key not in fields:
            return _plain_fields(value.struct_value)
        is_secret = fields[rpc._special_sig_key].string_value == rpc._special_secret_sig
        return _masked(_plain(fields["value"])) if is_secret else fields["urn"].string_value
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _as_sent(value: Any) -> Any:
    """The reverse of `_plain`: the words become secrets and unknown values again."""
    if isinstance(value, Mapping):
        return {key: _as_sent(item) for key, item in value.items()}
    if value == SECRET:
        return {rpc._special_sig_key: rpc._special_secret_sig, "value": SECRET}
    return rpc.UNKNOWN if value == UNKNOWN else value


def _masked(value: Any) -> Any:
    """The structure of a secret value, without the values in it."""
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else SECRET


def _set(state: Any, path: list[str], value: str) -> None:
    """Sets a nested attribute, and makes the structs and lists that lead to it; an index is always 0."""
    head, *rest = path
    if not rest:
        if head not in state:
            state[head] = value
        return
    if rest[0] == "0":
        inner = state.get_or_create_list(head).add_struct()
        _set(inner, rest[1:], value)
    else:
        _set(state.get_or_create_struct(head), rest, value)
