"""What a model server says in its log before it ends, and what that means."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LastWords:
    """`pattern`: a part of a line, as a regular expression. `fix`: keys of the model in the stack file and their
    values, behind the model's path."""

    pattern: str
    kind: str  # a word for programs
    said: str
    fix: str


# PyTorch's and the driver's own, whichever server runs on them.
OF_ANY = (
    LastWords(
        r"CUDA out of memory|CUDA error: out of memory|torch\.OutOfMemoryError",
        "gpu-memory",
        "the GPU's memory is full",
        "a smaller maxModelLen, gpuMemoryUtilization or maxNumSeqs, or more gpus",
    ),
    LastWords(
        r"no kernel image is available for execution on the device",
        "gpu-too-old",
        "its image has no code for this GPU",
        "pool: one with a GPU that the engine supports, or image",
    ),
    LastWords(
        r"CUDA driver version is insufficient|forward compatibility was attempted on non supported HW",
        "driver-too-old",
        "the node's GPU driver is older than the image needs",
        "newer nodes, or image: one that is built for the driver's CUDA",
    ),
    LastWords(
        r"No CUDA GPUs are available|Found no NVIDIA driver on your system",
        "no-gpu",
        "it sees no GPU",
        "gpus and pool, or the device plugin and the runtime class of the node",
    ),
    LastWords(
        r"OfflineModeIsEnabled|LocalEntryNotFoundError|is not a local folder and is not a valid model identifier",
        "no-weights",
        "the weights aren't in the cache",
        "model and revision; the Job that downloads them has to end well first",
    ),
)
