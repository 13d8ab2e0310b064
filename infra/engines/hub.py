"""Weights from the Hugging Face hub: one directory on the claim for each repository and revision."""

from collections.abc import Mapping, Sequence

from components.container import HOME, MODELS_MOUNT, Fetch

_HUB = "huggingface.co"
# Second copies of the weights in other formats; engines read the safetensors (or .bin) of the root.
NOT_NEEDED = ("consolidated*", "*.gguf", "onnx/*", "openvino/*", "*.pth", "original/*")


def weights_path(model: str, revision: str | None) -> str:
    """Names the revision, so that replicas still running on the old one keep their files during a change."""
    return f"{MODELS_MOUNT}/hf/{model}/{revision or 'main'}"


def hub_fetch(model: str, revision: str | None) -> Fetch:
    """The hub's own command line (huggingface_hub 0.32, before `hf`); it resumes what an earlier attempt left.

    The last 2 KiB of its log become the error that Pulumi shows, so nothing but the error may stand there.
    """
    return Fetch(
        command=(
            *("huggingface-cli", "download", model),
            *("--revision", revision or "main"),
            *("--local-dir", weights_path(model, revision)),
            *("--exclude", *NOT_NEEDED),
        ),
        directory=weights_path(model, revision),
        env={
            "HF_HOME": f"{HOME}/.cache/huggingface",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            # Its buffers are sized by constants, 2 to 8 GB whatever the pod may use (huggingface/huggingface_hub#3300).
            "HF_HUB_DISABLE_XET": "1",
            # Seconds without a byte before it asks again for the rest; 10, its own, is short of a busy CDN.
            "HF_HUB_DOWNLOAD_TIMEOUT": "30",
            "HF_HUB_ETAG_TIMEOUT": "30",
        },
        uses_hub_token=True,
    )


def hub_download(words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, str] | None:
    """From which host a container of such words downloads, and what."""
    if "download" not in words:
        return None
    return variables.get("HF_ENDPOINT", _HUB).removeprefix("https://"), words[words.index("download") + 1]
