"""Weights from the Hugging Face hub: the claim has one directory per repository and revision. Weights that are in the
cluster already are on a claim that takes the cache's place; those in a bucket are named by their URL."""

from collections.abc import Mapping, Sequence

from components.container import HOME, MODELS_MOUNT, Fetch
from infra.engines.model import Adapter, EngineModel
from infra.engines.store import Store
from infra.models.places import Bucket, Claim, NodePath, place_of

_HUB = "huggingface.co"
# `huggingface-cli download --local-dir` keeps what it knows of each file in .cache (huggingface_hub 0.32).
WEIGHTS, ADAPTERS = (Store(folder, (".cache",), "*.incomplete") for folder in ("hf", "adapters"))
# Copies of the weights in other formats. Engines read the safetensors (or .bin) files in the root.
_OTHER_COPIES = ("*.gguf", "onnx/*", "openvino/*", "*.pth", "original/*")
NOT_NEEDED = ("consolidated*", *_OTHER_COPIES)
# Where an engine reads Mistral's own format (`consolidated*`), the copy of the usual names.
NOT_NEEDED_BY_MISTRAL = ("model*.safetensors", "model.safetensors.index.json", *_OTHER_COPIES)


def weights_path(model: str, revision: str | None) -> str:
    """The directory of a revision: replicas that still run on the old revision keep their files during a change."""
    match place_of(model):
        case Claim() as claim:
            return f"{MODELS_MOUNT}/{claim.path}".removesuffix("/")
        case NodePath():
            return MODELS_MOUNT
        case Bucket():
            return model
        case None:
            return f"{MODELS_MOUNT}/{WEIGHTS.folder}/{model}/{revision or 'main'}"


def hub_fetch(model: str, revision: str | None, not_needed: Sequence[str] = NOT_NEEDED) -> Fetch:
    """The hub's own command line (huggingface_hub 0.32, before `hf`), which resumes what an earlier attempt left.

    Pulumi shows the last 2 KiB of its log as the error, so the log may end with nothing else.
    """
    return _fetch(
        weights_path(model, revision),
        (
            *("huggingface-cli", "download", model),
            *("--revision", revision or "main"),
            *("--local-dir", weights_path(model, revision)),
            *("--exclude", *not_needed),
        ),
    )


# The engine serves an adapter whose configuration names the model by the folder that it is served from.
_ADAPTER = """\
import json, sys
from pathlib import Path
from huggingface_hub import snapshot_download
_, _, repository, revision, folder, base, rank = sys.argv
snapshot_download(repository, revision=revision, local_dir=folder, allow_patterns=["adapter_*"])
path = Path(folder, "adapter_config.json")
if not path.exists():
    sys.exit(f"{repository} has no adapter_config.json: it is no LoRA adapter")
config = json.loads(path.read_text())
if config.get("peft_type") != "LORA":
    sys.exit(f"{repository} is an adapter of type {config.get('peft_type')}: only LORA is served")
highest = max([config.get("r") or 0, *(config.get("rank_pattern") or {}).values()])
if highest > int(rank):
    sys.exit(f"{repository} has rank {highest}: write rank: {highest}")
config["base_model_name_or_path"] = base
path.write_text(json.dumps(config))
"""


def adapters_path(model: EngineModel) -> str:
    """The directory with one folder per adapter, by name. Another revision of the model has another directory: old
    replicas go on finding what names their own."""
    return f"{MODELS_MOUNT}/{ADAPTERS.folder}/{model.name}/{model.model}/{model.revision or 'main'}"


def hub_adapter_fetch(model: EngineModel, adapter: Adapter) -> Fetch:
    folder, base = f"{adapters_path(model)}/{adapter.name}", weights_path(model.model, model.revision)
    words = ("download", adapter.model, adapter.revision or "main", folder, base, str(adapter.rank))
    return _fetch(folder, ("python3", "-c", _ADAPTER, *words))


def _fetch(directory: str, command: tuple[str, ...]) -> Fetch:
    return Fetch(
        command=command,
        directory=directory,
        env={
            "HF_HOME": f"{HOME}/.cache/huggingface",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            # Xet's buffers take 2 to 8 GB, whatever the pod may use (huggingface/huggingface_hub#3300).
            "HF_HUB_DISABLE_XET": "1",
            # Seconds without a byte before it asks again for the rest. The default, 10, is too short for a busy CDN.
            "HF_HUB_DOWNLOAD_TIMEOUT": "30",
            "HF_HUB_ETAG_TIMEOUT": "30",
        },
        uses_hub_token=True,
    )


def hub_download(words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str] | None:
    """The host from which a container with this command downloads, and what."""
    if "download" not in words:
        return None
    return variables.get("HF_ENDPOINT", _HUB).removeprefix("https://"), words[words.index("download") + 1]
