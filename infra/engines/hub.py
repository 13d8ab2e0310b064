"""Weights from the Hugging Face hub: the claim has one directory per repository and revision."""

from collections.abc import Mapping, Sequence

from components.container import HOME, MODELS_MOUNT, Fetch

_HUB = "huggingface.co"
# Copies of the weights in other formats. Engines read the safetensors (or .bin) files in the root.
_OTHER_COPIES = ("*.gguf", "onnx/*", "openvino/*", "*.pth", "original/*")
NOT_NEEDED = ("consolidated*", *_OTHER_COPIES)
# Where an engine reads Mistral's own format (`consolidated*`), the copy of the usual names.
NOT_NEEDED_BY_MISTRAL = ("model*.safetensors", "model.safetensors.index.json", *_OTHER_COPIES)


def weights_path(model: str, revision: str | None) -> str:
    """The directory of a revision: replicas that still run on the old revision keep their files during a change."""
    return f"{MODELS_MOUNT}/hf/{model}/{revision or 'main'}"


def hub_fetch(model: str, revision: str | None, not_needed: Sequence[str] = NOT_NEEDED) -> Fetch:
    """The hub's own command line (huggingface_hub 0.32, before `hf`), which resumes what an earlier attempt left.

    Pulumi shows the last 2 KiB of its log as the error, so the log may end with nothing else.
    """
    return Fetch(
        command=(
            *("huggingface-cli", "download", model),
            *("--revision", revision or "main"),
            *("--local-dir", weights_path(model, revision)),
            *("--exclude", *not_needed),
        ),
        directory=weights_path(model, revision),
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
