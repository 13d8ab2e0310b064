"""What components get as arguments for a model server: a container, how its weights are fetched, what is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLAIM = "model-cache"  # of the weights
MODELS_MOUNT = "/models"  # where the claim is mounted, in the server and in the prefetch Job
ENGINE_KEYS = "engine-keys"  # the Secret with the keys that engines accept
API_KEY = "api-key"  # in a Secret: one key
KEYS_MOUNT = "/etc/engine-keys"
ENGINE_FILES = "engine-files"  # the ConfigMap with what engines read beside their keys
FILES_MOUNT = "/etc/engine-files"
COMPILED = "compiled"  # the folder of the claim, or of the bucket, with what servers compile
BUCKET = "WEIGHTS_BUCKET"  # the variable with the name of the cache's bucket; Kubernetes puts it into arguments
HOME = "/home/model"  # writable and lost with the pod; the root file system is read-only


@dataclass(frozen=True)
class KeysFile:
    """By which an engine accepts several keys."""

    argument: str  # takes the file's path
    name: str  # in the Secret


@dataclass(frozen=True)
class Container:
    """The container of a model server."""

    name: str
    image: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    health_path: str
    metrics_path: str | None  # None: it has no metrics for Prometheus
    api_key_env: str | None  # of the one key that it accepts
    keys_file: KeysFile | None  # None as well: it can't check a key
    gpus: int  # 0: the CPU
    startup_probe: Mapping[str, Any]  # the handler (and time limit) that passes once the model is loaded
    startup_seconds: int  # how long loading may take
    ends_requests_seconds: int  # for requests in flight, before SIGTERM; 0: the server itself lets them end
    files: tuple[str, ...] = ()  # of ENGINE_FILES, that it reads at FILES_MOUNT

    @property
    def checks_key(self) -> bool:
        return self.api_key_env is not None or self.keys_file is not None


@dataclass(frozen=True)
class Fetch:
    """How the prefetch Job fills the claim: one container's command and environment."""

    command: tuple[str, ...]
    directory: str  # where it writes
    env: Mapping[str, str]
    uses_hub_token: bool

    @property
    def complete(self) -> str:
        """A file beside what was fetched, which is there once all of it is. Only downloads onto a node make it: where
        one claim serves all nodes, the end of the Job says the same."""
        return f"{self.directory}/.llm-platform-complete"


@dataclass(frozen=True)
class Compiled:
    """What a server compiles as it starts, and finds there at its next start."""

    place: str  # a directory in the claim, or the URL of a prefix in the bucket
    key: str  # that all servers have which compile the same
    watched: str  # a directory in the home: it has new files where the server compiled


@dataclass(frozen=True)
class Query:
    """One Prometheus query that returns one element for all replicas."""

    name: str
    promql: str
