"""What vLLM's allocator and kernels add to the weights of the files."""

from collections.abc import Iterator

from infra.catalog import Catalog, Gpu, ModelShape
from infra.sizing.question import Version
from infra.sizing.weights import GIB, HALF

MIB = 2**20
# While the weights are loaded, a tensor of at least 20 MiB shares its block with no other, in multiples of 2 MiB
# (`_scoped_allocator_max_split` in vllm/v1/worker/gpu_worker.py).
WHOLE_BLOCKS: Version = (0, 21, 0)
BLOCK, WHOLE_FROM = 2 * MIB, 20 * MIB
# Kernels for mxfp4 pad experts. From here on, Hopper has Triton kernels that don't (they came with the package).
TRITON_MXFP4: Version = (0, 12, 0)
HOPPER = 9


def added_gib(
    shape: ModelShape, quantization: str | None, catalog: Catalog, gpu: Gpu, gpus: int, version: Version
) -> float:
    """On each GPU."""
    blocks = _blocks(shape, quantization, catalog, gpus) if version >= WHOLE_BLOCKS else 0.0
    return blocks + _padding(shape, quantization, catalog, gpu, gpus, version) / gpus


def _blocks(shape: ModelShape, quantization: str | None, catalog: Catalog, gpus: int) -> float:
    sizes = _tensors(shape, quantization, catalog, gpus)
    return sum(layers * (-size % BLOCK) for layers, size in sizes if size >= WHOLE_FROM) / GIB


def _tensors(shape: ModelShape, quantization: str | None, catalog: Catalog, gpus: int) -> Iterator[tuple[int, int]]:
    """The number of layers, and the bytes of a large tensor in each of them on each GPU."""
    row = catalog.quantizations[quantization or shape.dtype or "bf16"]
    each = 2.0 if row.name in HALF else 1.0 if row.bytes_per_weight >= 1 else 0.5
    mixed = 2.0 if shape.num_experts and row.name == "mxfp4" else each  # gpt-oss keeps its attention in 16 bit
    hidden, layers = shape.hidden_size or 0, shape.layers or 0
    attending = layers if shape.full_kv_layers is None else shape.full_kv_layers + (shape.swa_kv_layers or 0)
    queries = (shape.attention_heads or 0) * (shape.head_size or 0)
    if shape.kv_heads and shape.kv_lora_rank is None:
        both = queries + 2 * shape.kv_heads * (shape.head_size or 0)
        yield attending, int(hidden * both * mixed) // gpus
        yield attending, int(hidden * queries * mixed) // gpus
    inner = shape.expert_size if shape.num_experts else shape.intermediate_size
    weights = (shape.num_experts or 1) * hidden * (inner or 0)
    yield layers, int(2 * weights * each) // gpus
    yield layers, int(weights * each) // gpus


def _padding(
    shape: ModelShape, quantization: str | None, catalog: Catalog, gpu: Gpu, gpus: int, version: Version
) -> float:
    """GiB on all GPUs by which kernels for mxfp4 pad experts: the hidden size to 256, and a GPU's share of the inner
    size to 128 or, on Blackwell, 256."""
    method = quantization or shape.dtype
    hidden, experts, layers = shape.hidden_size, shape.num_experts, shape.layers
    inner = shape.expert_size or shape.intermediate_size
    if method != "mxfp4" or not (hidden and inner and experts and layers):
        return 0.0
    weights = layers * experts * 3 * hidden * inner
    if weights > (shape.params_b or 0) * 1e9:
        return 0.0  # the inner size that is known isn't that of the experts
    wide, step = _steps(int(gpu.compute_capability or 0), version)
    padded = _up(hidden, wide) / hidden * _up(-(-inner // gpus), step) * gpus / inner
    return weights * (padded - 1) * catalog.quantizations["mxfp4"].bytes_per_weight / GIB


def _steps(capability: int, version: Version) -> tuple[int, int]:
    if capability == HOPPER:
        return (1, 64) if version >= TRITON_MXFP4 else (256, 1)
    return 256, 256 if capability == 10 else 128


def _up(number: int, step: int) -> int:
    return -(-number // step) * step
