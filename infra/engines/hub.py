"""Weights from the Hugging Face hub: the claim has one directory per repository and revision. Weights that are in the
cluster already are on a claim that takes the cache's place; those in a bucket are named by their URL."""

from collections.abc import Mapping, Sequence

from components.container import BUCKET, HOME, MODELS_MOUNT, Fetch
from components.container import COMPILED as COMPILED_FOLDER
from infra.engines.model import Adapter, EngineModel
from infra.engines.store import Store
from infra.models.places import Bucket, Claim, NodePath, place_of

_HUB = "huggingface.co"
# `huggingface-cli download --local-dir` keeps what it knows of each file in .cache (huggingface_hub 0.32).
WEIGHTS, ADAPTERS = (Store(folder, (".cache",), "*.incomplete") for folder in ("hf", "adapters"))
# What servers compile as they start, by repository and revision as the weights are.
COMPILED = Store(COMPILED_FOLDER, (), "*.part")
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


def served_path(model: EngineModel) -> str:
    """What its engine reads."""
    if model.streamed:
        return f"s3://$({BUCKET})/{in_bucket(model.model, model.revision)}"
    return weights_path(model.model, model.revision)


def in_bucket(model: str, revision: str | None) -> str:
    """The prefix of a revision in the bucket that is the cache."""
    return f"{WEIGHTS.folder}/{model}/{revision or 'main'}"


def compiled_path(model: EngineModel) -> str:
    """One for each revision of a repository: a next version that becomes the model finds what it compiled."""
    return f"{MODELS_MOUNT}/{compiled_in_bucket(model)}"


def compiled_in_bucket(model: EngineModel) -> str:
    return f"{COMPILED.folder}/{model.model}/{model.revision or 'main'}"


def compiled_place(model: EngineModel) -> str:
    """Where its servers keep what they compile."""
    return f"s3://$({BUCKET})/{compiled_in_bucket(model)}" if model.streamed else compiled_path(model)


# From the hub to the bucket, file by file, without a copy on a disk: a part is in memory until it is sent. What the
# bucket has already is left as it is: a branch that has moved since fails, because files of two commits below one
# prefix would be served together. The name of an empty object says of which commit they are, beside the prefix that
# servers read. The time of a file says that parts go out.
_TO_BUCKET = """\
import os, sys
from fnmatch import fnmatch
from pathlib import Path
import boto3, requests
from boto3.s3.transfer import TransferConfig
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.utils import build_hf_headers
_, _, repository, revision, bucket, prefix, sent, *left_out = sys.argv
Path(sent).mkdir(parents=True, exist_ok=True)
store = boto3.client("s3")
def sizes(below):
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=below + "/")
    return {each["Key"].removeprefix(below + "/"): each["Size"] for page in pages for each in page.get("Contents", ())}
found = HfApi().model_info(repository, revision=revision, files_metadata=True)
wanted = {file.rfilename: file.size for file in found.siblings if not any(fnmatch(file.rfilename, e) for e in left_out)}
if not any(name.endswith(".safetensors") for name in wanted):
    sys.exit(f"{repository} has no *.safetensors, and no other file of weights is streamed: write another cache.kind")
if found.sha != revision:
    earlier = sizes(f"commits/{prefix}")
    if earlier and found.sha not in earlier:
        sys.exit(f"{revision} of {repository} has moved since the bucket was filled: write revision: {found.sha}")
    store.put_object(Bucket=bucket, Key=f"commits/{prefix}/{found.sha}", Body=b"")
parts, there = TransferConfig(multipart_chunksize=64 * 2**20, max_concurrency=8), sizes(prefix)
for name, size in wanted.items():
    if there.get(name) == size:
        continue
    url = hf_hub_url(repository, name, revision=found.sha)
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        answer.raise_for_status()
        store.upload_fileobj(answer.raw, bucket, f"{prefix}/{name}", Config=parts, Callback=lambda _: os.utime(sent))
there = sizes(prefix)
if short := [name for name, size in wanted.items() if there.get(name) != size]:
    name = short[0]
    sys.exit(f"the bucket has {there.get(name, 0)} of {wanted[name]} bytes of {name}: run `pulumi up` again")
"""


def bucket_fetch(model: str, revision: str | None, not_needed: Sequence[str] = NOT_NEEDED) -> Fetch:
    """The hub's library finds the files, and the token; that of S3 sends them with the pod's rights."""
    sent = f"{HOME}/sent"
    words = ("download", model, revision or "main", f"$({BUCKET})", in_bucket(model, revision), sent, *not_needed)
    return _fetch(sent, ("python3", "-c", _TO_BUCKET, *words))


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


# The engine looks for the configuration, so it is sent last: an adapter is there only when all of it is.
_ADAPTER_TO_BUCKET = f"""\
{_ADAPTER}\
import os
import boto3
store, below = boto3.client("s3"), Path(folder).relative_to(os.environ["HOME"])
for each in sorted(Path(folder).glob("adapter_*"), key=lambda file: file == path):
    store.upload_file(str(each), os.environ["{BUCKET}"], f"{{below}}/{{each.name}}")
"""


def adapters_path(model: EngineModel) -> str:
    """The directory with one folder per adapter, by name. Another revision of the model has another directory: old
    replicas go on finding what names their own."""
    return f"{MODELS_MOUNT}/{adapters_in_bucket(model)}"


def adapters_in_bucket(model: EngineModel) -> str:
    """The prefix of the same in the bucket that is the cache."""
    return f"{ADAPTERS.folder}/{model.name}/{model.model}/{model.revision or 'main'}"


def hub_adapter_fetch(model: EngineModel, adapter: Adapter) -> Fetch:
    return _adapter_fetch(_ADAPTER, f"{adapters_path(model)}/{adapter.name}", model, adapter)


def bucket_adapter_fetch(model: EngineModel, adapter: Adapter) -> Fetch:
    """Its folder in the pod's home is named as the prefix to which it is sent."""
    return _adapter_fetch(_ADAPTER_TO_BUCKET, f"{HOME}/{adapters_in_bucket(model)}/{adapter.name}", model, adapter)


def _adapter_fetch(script: str, folder: str, model: EngineModel, adapter: Adapter) -> Fetch:
    base = weights_path(model.model, model.revision)
    words = ("download", adapter.model, adapter.revision or "main", folder, base, str(adapter.rank))
    return _fetch(folder, ("python3", "-c", script, *words))


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
