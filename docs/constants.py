"""Every constant of the estimates as a table: its value, its interval and its source."""

from infra.catalog import Catalog
from infra.clouds.aws import bill
from infra.engines.ollama import memory as ollama
from infra.engines.tgi import prefill as tgi
from infra.engines.vllm import activations
from infra.engines.vllm import memory as fit
from infra.engines.vllm import versions as vllm
from infra.engines.vllm.throughput import HIGH, LOW, MID
from infra.sizing import blocks, judging, layers
from infra.sizing.estimates import Estimate
from infra.sizing.requests import MEAN_REQUEST


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
| copies of the logits, 0.21 and later | {_range(copies(vllm.FLASHINFER_SAMPLER, None))} | vllm#40376; three logs |
| values per token of a dense layer | {layers.DENSE_COPIES} x hidden size | | | input, residual, norm, output |
| of experts | ({layers.MOE_COPIES} + experts per token) x hidden size | | | router's input, experts' sum |
| in addition, of a feed-forward layer | {layers.FEED_FORWARD_COPIES} x its size | | | gate, up, their product |
| a layer's sum | x 1 | x {activations.LAYER_LOW} | x {activations.LAYER_HIGH} | buffers reused; eager code |
| an image | {activations.IMAGE_TOKENS:,} tokens x {activations.IMAGE_TOKEN_BYTES:,} bytes | 0 | x 2 \
| four patches per token, 8 copies of 1,280 values |
| CUDA graphs, GiB | {fit.GRAPHS_GIB} + {fit.GRAPH_LAYER_GIB * 1024:g} / 1,024 x graphs x layers | x {fit.GRAPHS_LOW} \
| x {fit.GRAPHS_HIGH}, at least {fit.GRAPHS_MAX_GIB} | start-up logs of 0.19 and later |
| other on one GPU, GiB | {_range(judging.OTHER)} | start-up logs: CUDA libraries |
| other on several GPUs, GiB | {_range(judging.OTHER_PARALLEL)} | start-up logs: NCCL's buffers too |
| the same with NVLink before 0.8, GiB per peer | {_range(fit.OLD_NCCL)} | vllm#10511, a log of 8 x H200 |
| a state of unknown size, tokens | {blocks.STATE_TOKENS:,} | | | Qwen3-Next, Qwen3.5, Nemotron log 528 to 1,584 |
| TGI: share of the free memory for the cache | {tgi.WIGGLE_ROOM} | | | TGI v3.1.0, `globals.py` |
| TGI: a layer's sum | x 1 | x {tgi.LAYER_LOW} | x {tgi.LAYER_HIGH} | judged: not compared with a log |
| Ollama: other, GiB | {ollama.OTHER_GIB} | | | judged: llama.cpp's buffers and the CUDA context |"""


def throughput() -> str:
    def shares(field: str) -> str:
        return " | ".join(_percent(getattr(pace, field)) for pace in (MID, LOW, HIGH))

    def micros(field: str) -> str:
        return " | ".join(f"{getattr(pace, field) * 1e6:,.0f} µs" for pace in (MID, LOW, HIGH))

    return f"""\
| constant | middle | slow end | fast end | source |
|---|---:|---:|---:|---|
| share of the memory bandwidth | {shares("bandwidth")} | 60 to 85 % (open-source-ai.tech); 77 % (johnmusgrave.com) |
| share of the datasheet's FLOP/s | {shares("compute")} | prefill 30 to 50 % (zeroentropy.dev); products alone 70 % |
| share of that with experts | {shares("experts")} | judged: a step's tokens are spread over many small products |
| share of the link between GPUs | {shares("link")} | 77 % of NVLink (codcompass.com); PCIe goes through host memory |
| the engine's own work in a step | {micros("step")} | 8 of 13 ms before 0.6 (blog.vllm.ai, 2024-09), then less |
| and for each sequence | {micros("sequence")} | the same |
| one all-reduce by NVLink, at least | {micros("nvlink_sum")} | judged |
| one all-reduce by PCIe, at least | {micros("pcie_sum")} | judged |

A mean request is {MEAN_REQUEST.prompt:,} tokens in and {MEAN_REQUEST.output:,} out: about the mean of conversations
in Azure's trace of 2023 (AzurePublicDataset)."""


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
| KMS key | {have.kms_key_month:g} per month | {have.date} |

Not in it: {bill.LEFT_OUT}."""


def _range(value: Estimate) -> str:
    return " | ".join(f"{each:g}" for each in (value.mid, value.low, value.high))


def _percent(share: float) -> str:
    return f"{share * 100:g} %"


def _unit(name: str) -> str:
    own = {"read-ebs": "of the disk's MiB/s", "compile-layer": "s per layer", "graph-layer": "s per graph and layer"}
    if name in own:
        return own[name]
    return "MiB/s" if name.startswith(("pull", "read", "stream")) else "s"
