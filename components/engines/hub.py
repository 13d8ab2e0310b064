"""Weights from the Hugging Face hub: one directory on the claim for each repository and revision."""

from components.engines.engine import MODELS_MOUNT, Fetch, Workload

# Second copies of the weights in other formats; vLLM and TGI read the safetensors (or .bin) of the root.
_NOT_NEEDED = ("consolidated*", "*.gguf", "onnx/*", "openvino/*", "*.pth", "original/*")


def weights_path(workload: Workload) -> str:
    """Names the revision, so that replicas still running on the old one keep their files during a change."""
    return f"{MODELS_MOUNT}/hf/{workload.model}/{workload.revision or 'main'}"


def hub_fetch(workload: Workload) -> Fetch:
    """The hub's own CLI; it resumes what an earlier attempt left and prints the hub's error last."""
    excluded = tuple(f"--exclude={pattern}" for pattern in _NOT_NEEDED)
    return Fetch(
        command=(
            *("hf", "download", workload.model),
            *("--revision", workload.revision or "main"),
            *("--local-dir", weights_path(workload)),
            *excluded,
        ),
        env={
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",  # the last 2 KiB of the log become the error that Pulumi shows
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_XET_CHUNK_CACHE_SIZE_BYTES": "0",  # everything is downloaded once: a second cache only fills the disk
        },
        uses_hub_token=True,
    )
