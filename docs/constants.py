"""Every constant of the estimates as a table: its value, its interval and its source."""

from collections.abc import Mapping

from infra.catalog import Catalog
from infra.clouds.aws import left_out
from infra.engines.ollama import memory as ollama
from infra.engines.tgi import prefill as tgi
from infra.engines.vllm import activations, allocated, clients, graphs, paces
from infra.engines.vllm import memory as fit
from infra.engines.vllm import versions as vllm
from infra.sizing import blocks, judging, layers
from infra.sizing.estimates import Estimate
from infra.sizing.question import Version
from infra.sizing.requests import MEAN_REQUEST

_OWN_UNITS = {
    "read-ebs": "of the disk's MiB/s",
    "compile-layer": "s per layer",
    "compile-layer-fp8": "s per layer",
    "graph-layer": "s per graph and layer",
    "kernels-mxfp4": "s per graph",
}


def memory() -> str:
    copies = vllm.sampler_copies
    return f"""\
| constant | value | low | high | source |
|---|---|---|---|---|
| size of the card | ±{_percent(judging.CARD_SHARE)} | | | start-up logs: driver and ECC differ |
| 16-bit weights | ±{_percent(judging.WEIGHTS_SHARE)} | | | the repository's files are loaded as they are |
| quantized weights | ±{_percent(judging.QUANTIZED_SHARE)} | | | methods differ in which layers they leave in 16 bit |
| copies of the logits, vLLM before 0.8 | {_range(copies(vllm.V0_LAST, None))} | logs: its warm-up sorts them |
| copies of the logits, 0.8 to 0.16 | {_range(copies(vllm.V1, None))} | the same; or FlashInfer beside it |
| copies of the logits, 0.17 to 0.20 | {_range(copies(vllm.TRITON_SAMPLER, None))} | vllm#33538: masked in place |
| copies of the logits, 0.21 and later | {_range(copies(vllm.FLASHINFER_SAMPLER, None))} \
| vllm#40376, and PyTorch's sampler beside it; two starts of 0.26 |
| copies of the logits, second runner | {_range(copies(vllm.PINNED, None, second_runner=True))} \
| `vllm/v1/worker/gpu/sample/sampler.py`: 16 bit, in place |
| hidden states beside the embedding, first start from {_version(activations.TRIED)} on, \
in the low end alone from {_version(activations.TRIED_UNTIL)} on | {activations.TRIED_STATES} | 0 | \
| five starts of 0.26, one log of 0.19; 0 where the code is compiled already |
| values per token of a layer | {layers.COPIES} x hidden size | | | 0.26 took 800 MiB for 8,192 tokens of Qwen3-8B |
| in addition, of a feed-forward layer | {layers.FEED_FORWARD_COPIES} x its size | | | gate, up, their product; \
in 8 bit a half more |
| of experts | per expert of a token: maximum of hidden size and twice its size, + maximum of both | | | \
`workspace_shapes` in `vllm/model_executor/layers/fused_moe`; kept from {_version(activations.KEPT_BUFFERS)} on |
| a layer's sum | x 1 | x {activations.LAYER_LOW} | x {activations.LAYER_HIGH} | buffers reused; eager code |
| an image | {activations.IMAGE_TOKENS:,} tokens x {activations.IMAGE_TOKEN_BYTES:,} bytes | 0 | x 2 \
| four patches per token, 8 copies of 1,280 values |
| CUDA graphs, first runner, GiB | {graphs.FIRST_GIB} + {graphs.GRAPH_GIB * 1024:g} / 1,024 x graphs \
| x {graphs.FIRST_LOW} | x {graphs.FIRST_HIGH} | what it estimates at the start: 0.49 and 0.53 in starts of 0.26 |
| CUDA graphs, second runner or beside the share, GiB | {graphs.GRAPHS_GIB} \
+ {graphs.GRAPH_LAYER_GIB * 1024:g} / 1,024 x graphs x layers | x {graphs.GRAPHS_LOW} | x {graphs.GRAPHS_HIGH}, \
at least {graphs.GRAPHS_MORE_GIB} more, {graphs.GRAPHS_MAX_GIB} with adapters or images | starts of 0.26: 0.58 to 1.23 |
| the driver, beside the share, GiB | {graphs.CONTEXT_GIB} | | | 0.51 on an H100 |
| other on one GPU, GiB | {_range(judging.OTHER)} | start-up logs: CUDA libraries |
| other on one GPU from {_version(vllm.CUDA_13)} on, GiB | {_range(fit.OTHER_CUDA_13)} | CUDA 13: 0.22 to 0.24 in 0.26 |
| other on several GPUs, GiB | {_range(judging.OTHER_PARALLEL)} | start-up logs: NCCL's buffers too |
| the same with NVLink before 0.8, GiB per peer | {_range(fit.OLD_NCCL)} | vllm#10511, a log of 8 x H200 |
| a large tensor of weights from {_version(allocated.WHOLE_BLOCKS)} on | multiples of {allocated.BLOCK // 2**20} MiB \
from {allocated.WHOLE_FROM // 2**20} MiB on | | | `_scoped_allocator_max_split` in `vllm/v1/worker/gpu_worker.py` |
| a state of unknown size, tokens | {blocks.STATE_TOKENS:,} | | | Qwen3-Next, Qwen3.5, Nemotron log 528 to 1,584 |
| TGI: share of the free memory for the cache | {tgi.WIGGLE_ROOM} | | | TGI v3.1.0, `globals.py` |
| TGI: a layer's sum | x 1 | x {tgi.LAYER_LOW} | x {tgi.LAYER_HIGH} | judged: not compared with a log |
| Ollama: other, GiB | {ollama.OTHER_GIB} | | | judged: llama.cpp's buffers and the CUDA context |"""


def throughput() -> str:
    shares = "\n".join(_share_row(name, share) for name, share in vars(paces.Shares()).items())
    seconds = "\n".join(
        f"| {what} | {_micros(getattr(paces.Seconds(), name))} | {source} |" for name, what, source in _SECONDS
    )
    return f"""\
| share of the datasheet | other cards | {" | ".join(_CARDS.values())} |
|---|---:|{"---:|" * len(_CARDS)}
{shares}

| seconds | value | source |
|---|---:|---|
{seconds}

| end | shares | links | seconds | outside the engine | whole step | waits of a prompt | free choice of experts |
|---|---:|---:|---:|---:|---:|---:|---:|
{_end_rows()}

- All-reduces over PCIe 4 (L40S) reach {_by_number(paces.PCIE_4)} of the link.
- Over PCIe 5 (RTX PRO 6000) they reach {_by_number(paces.PCIE_5)}.
- A prompt waits for the rest of the running step and {paces.Pace.gates:g} more.
- {clients.TOGETHER} times as many prompts come with it as by chance: answers that begin in one step end in one step.
- The smallest sum over PCIe takes {_micros(paces.PCIE_ALL_REDUCE_PER_GPU)} per GPU.
- vLLM before 0.14 prepares a step while the GPU waits: {_host(paces.HOST_BEFORE_ASYNC)}; before 0.8
  {_host(paces.HOST_BEFORE_V1)}. Its published servers multiplied at {_percent(paces.PRODUCTS_BEFORE_ASYNC)} of these
  shares.

A mean request is {MEAN_REQUEST.prompt:,} tokens in and {MEAN_REQUEST.output:,} out: about the mean of conversations
in Azure's trace of 2023 (AzurePublicDataset)."""


_CARDS = {8.0: "A100", 8.9: "L40S, L4", 9.0: "H100, H200", 10.0: "B200", 10.3: "B300", 12.0: "RTX PRO 6000"}
_SHARES = {
    "weights": "bandwidth, reading weights",
    "packed": "bandwidth, reading experts in 4 bit",
    "cache": "bandwidth, reading the cache",
    "cache_8_bit": "bandwidth, reading the cache in 8 bit",
    "half": "FLOP/s in 16 bit",
    "eight": "FLOP/s in 8 bit",
    "experts": "FLOP/s of experts",
    "attention": "FLOP/s of a prompt with itself",
    "link": "NVLink, adding up large results",
}
_SECONDS = (
    ("layer", "a layer, beside bytes and FLOP/s", "ten kernels of 2 to 12 µs (aiconfigurator-core 0.12.0)"),
    ("expert_layer", "and with experts", "one token through grouped products, less its bytes (the same)"),
    ("latent_layer", "and with a latent cache (MLA)", "one token through the module, less its bytes (the same)"),
    ("quantized_layer", "and where activations are turned into 8 bit", "products in 8 bit of one token (the same)"),
    ("packed_layer", "and where experts are unpacked from 4 bit", "as with experts (the same)"),
    ("launch", "the CPU's start of a layer's kernels, without a CUDA graph", "first tokens of one client on an H100"),
    ("launch_experts", "the same with experts", "the same"),
    ("launch_packed", "the same with experts in mxfp4", "the same"),
    ("all_reduce", "one all-reduce by NVLink, at least", "4 to 8 µs on A100, H100, B200 (the same)"),
    ("host", "the CPU's work for a step, hidden behind the GPU's", "judged"),
    ("host_sequence", "and for each sequence", "judged"),
    ("front", "a request outside the engine", "judged: HTTP, tokens of the prompt, first text"),
    ("front_stream", "and for each request whose tokens are sent", "judged"),
)


def _share_row(name: str, share: float) -> str:
    cards = (getattr(paces.BY_CAPABILITY[capability], name) for capability in _CARDS)
    return f"| {_SHARES[name]} | {_percent(share)} | {' | '.join(map(_percent, cards))} |"


def _end_rows() -> str:
    named = zip(("slow, H100 with vLLM 0.14 or later", "fast, the same"), paces.NEAR, strict=True)
    others = zip(("slow, elsewhere", "fast, elsewhere"), paces.FAR, strict=True)
    return "\n".join(
        f"| {name} | {' | '.join(f'x {factor:g}' for factor in vars(end).values())} |"
        for name, end in (*named, *others)
    )


def _by_number(shares: Mapping[int, float]) -> str:
    return ", ".join(f"{_percent(share)} with {gpus} GPUs" for gpus, share in shares.items())


def _host(seconds: tuple[float, float]) -> str:
    return f"{_micros(seconds[0])}, and {_micros(seconds[1])} for each sequence"


def _micros(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"


def cold_start(catalog: Catalog) -> str:
    lines = ["| constant | unit | value | low | high | source |", "|---|---|---:|---:|---:|---|"]
    for name, each in catalog.cold_start.items():
        lines.append(f"| `{name}` | {_unit(name)} | {each.value:g} | {each.low:g} | {each.high:g} | {each.source} |")
    return "\n".join(lines)


def prices(catalog: Catalog) -> str:
    have = catalog.aws.prices
    return f"""\
| what | dollars | as of |
|---|---|---|
| GPU nodes | per hour, by type: `gpu_instances.csv` | {have.gpu_date} |
| nodes of other regions, and spot | per hour, by type and region: `region_prices.csv` | {have.region_date} |
| CPU nodes | per hour, by type: `cpu_instances.csv` | {have.date} |
| EKS control plane | {have.eks_hour:g} per hour | {have.date} |
| NAT gateway | {have.nat_hour:g} per hour, plus a public address | {have.date} |
| load balancer | {have.alb_hour:g} per hour, plus an address per zone if public | {have.date} |
| public IPv4 address | {have.public_ipv4_hour:g} per hour | {have.date} |
| gp3 disk, per month | {have.gp3_gib_month:g} per GiB, {have.gp3_iops_month:g} per IOPS over 3,000, \
{have.gp3_mibps_month:g} per MiB/s over 125 | {have.date} |
| EFS | {have.efs_gib_month:g} per GiB and month | {have.date} |
| S3 | {have.s3_gib_month:g} per GiB and month | {have.date} |
| interface endpoint of S3 | {have.endpoint_hour:g} per hour and zone, plus {have.endpoint_gb:g} per GB | {have.date} |
| KMS key | {have.kms_key_month:g} per month | {have.date} |

Not in it: {left_out.LEFT_OUT}."""


def _version(version: Version) -> str:
    return ".".join(map(str, version[:2]))


def _range(value: Estimate) -> str:
    return " | ".join(f"{each:g}" for each in (value.mid, value.low, value.high))


def _percent(share: float) -> str:
    return f"{share * 100:g} %"


def _unit(name: str) -> str:
    return _OWN_UNITS.get(name) or ("MiB/s" if name.startswith(("pull", "read", "stream", "mount")) else "s")
