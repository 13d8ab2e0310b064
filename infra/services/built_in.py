"""The owners of what every stack has. What happens to models `infra/diff/traffic.py` says, model by model."""

from collections.abc import Iterator, Mapping, Sequence

from infra.services.owner import CLAIM, Owner, Touched

_PROVIDER = {"pulumi:providers:kubernetes": "kubernetes"}
_WEIGHTS: Mapping[str, str] = {
    CLAIM: "cache",
    "aws:efs/fileSystem:FileSystem": "cache",
    "aws:s3/bucket:Bucket": "cache",
    "aws:s3/bucketV2:BucketV2": "cache",
}


class _Part(Owner):
    """Of the platform itself: its users are those of the models, and hear of them."""

    def notices(self, touched: Sequence[Touched]) -> Iterator[str]:
        yield from ()


class Weights(_Part):
    name, title = "weights", "The weights"
    owns = ("llm:kubernetes:ModelCache", "llm:aws:WeightsFileSystem")
    guards = _WEIGHTS
    ground = frozenset({"kubernetes:core/v1:Namespace"})  # every model is in it

    def guard_of(self, type_: str) -> str | None:
        """A volume of the cache is a name for the file system, which holds the data."""
        return self.guards.get(type_)


class Serving(_Part):
    name, title = "serving", "The models"
    owns = ("llm:kubernetes:ModelServer", "llm:kubernetes:ModelScaler", "llm:kubernetes:Prefetch")


class Gateway(_Part):
    name, title = "gateway", "The gateway"
    owns = ("llm:kubernetes:Gateway",)


class Access(_Part):
    name, title = "access", "API keys and endpoints"
    owns = ("llm:kubernetes:ApiKey", "llm:kubernetes:Endpoints")


class Monitoring(_Part):
    name, title = "monitoring", "Monitoring"
    owns = ("llm:kubernetes:PrometheusLogin",)


class Addons(_Part):
    name, title = "addons", "Add-ons"
    owns = ("llm:kubernetes:Addons",)


class Stack(_Part):
    """What Pulumi needs itself, and no component makes."""

    name, title = "stack", "The stack"
    owns = ("pulumi:pulumi:Stack", "pulumi:providers:aws", *_PROVIDER)
    guards, ground = _PROVIDER, frozenset(_PROVIDER)


WEIGHTS, SERVING, GATEWAY = Weights(), Serving(), Gateway()
ACCESS, MONITORING, ADDONS, STACK = Access(), Monitoring(), Addons(), Stack()
BUILT_IN: tuple[Owner, ...] = (WEIGHTS, SERVING, GATEWAY, ACCESS, MONITORING, ADDONS, STACK)
