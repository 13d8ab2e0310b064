"""The SDK's mock monitor, which records what it is sent, answers as the engine would and refuses what it refuses."""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import resource_pb2

from infra.recording.recorded import Read, Recorded, Recording
from infra.recording.values import SECRET, as_sent, plain_fields, set_path
from infra.registry import clouds, types_of

PROJECT = "llm-platform"
_STACK = "pulumi:pulumi:Stack"

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


class RecordingMonitor(mocks.MockMonitor):
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
        inputs = plain_fields(request.object)
        self.recording.resources.append(
            Recorded(urn, request.type, request.name, request.parent or None, inputs, _options(request))
        )
        known = request.custom and not self._preview
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        if known:
            for path in _computed(request.type):
                set_path(state, path.split("."), f"${{{request.name}.{path}}}")
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
        state.update({"outputs": {name: as_sent(value) for name, value in outputs.items() if value is not None}})
        state.update({"secretOutputNames": [name for name, value in outputs.items() if value == SECRET]})
        return resource_pb2.ReadResourceResponse(
            urn=self.make_urn(request.parent, request.type, request.name), properties=state
        )

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        if request.urn.split("::")[2] == _STACK:
            self.recording.outputs.update(plain_fields(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        if request.tok not in self._answers:
            raise NotOnTheEngine(f"nothing answers the look-up {request.tok}")
        returned = struct_pb2.Struct()
        returned.update(self._answers[request.tok](plain_fields(request.args)))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(returned)  # `return` is a keyword of Python
        return response


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
