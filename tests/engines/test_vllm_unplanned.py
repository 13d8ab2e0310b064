"""What takes memory or names a file in extraArgs is refused with what to write, unless a plan counts it."""

import re

import pytest

from infra.engines import ENGINES
from infra.engines.arguments import Argument, BadArgument
from infra.engines.vllm.facts import facts
from infra.engines.vllm.flags import REFUSED
from infra.engines.vllm.unplanned import UNPLANNED

VLLM = ENGINES["vllm"]
FLAGS = {flag.name for flag in facts().flags.values()}
DRAFT = '{"model": "Qwen/Qwen3-1.7B", "method": "draft_model", "num_speculative_tokens": 5}'
YARN = '{"rope_parameters": {"rope_type": "yarn", "factor": 4.0}}'


def refused(*given: str) -> list[BadArgument]:
    read = [each for each in VLLM.read_arguments(given) if isinstance(each, Argument)]
    return [bad for each in read if (bad := VLLM.unplanned(each, given[each.index])) is not None]


@pytest.mark.parametrize(
    ("given", "got", "write"),
    [
        (["--cpu-offload-gb", "8"], "takes memory of the node", "quantization: fp8"),
        (["--kv-offloading-size=8"], "takes memory of the node", "kvCacheDtype: fp8"),
        (["--mm-processor-cache-gb", "16"], "takes memory of the node", "at most 4"),
        (["--num-gpu-blocks-override", "900"], "sets the size of the cache", "concurrency"),
        (["--max-cudagraph-capture-size", "2048"], "takes memory of each GPU", "at most 512"),
        (["--cudagraph-capture-sizes", "1", "1024"], "takes memory of each GPU", "at most 512"),
        (["--skip-mm-profiling"], "leaves the memory of images out", "leave it out"),
        (["--enable-lora"], "takes memory of each GPU", "adapters:"),
        (["--max-loras", "8"], "takes memory of each GPU", "adapters:"),
        (["--max-lora-rank=256"], "takes memory of each GPU", "adapters:"),
        (["--lora-modules", "sql=acme/qwen3-8b-sql-lora"], "names a repository", "adapters:"),
        (["--speculative-config", DRAFT], "its model isn't downloaded", "speculative:"),
        (["-sc", DRAFT], "its model isn't downloaded", "speculative:"),
        (["--speculative-config.model=a/b"], "its model isn't downloaded", "speculative:"),
        (["--spec-model", "a/b"], "its model isn't downloaded", "speculative:"),
        (["--tokenizer", "Qwen/Qwen3-8B"], "the server is offline", "model: a repository"),
        (["--hf-config-path=acme/config"], "the server is offline", "model: a repository"),
        (["--generation-config", "acme/x"], "the server is offline", "auto or vllm"),
        (["--chat-template", "https://example.com/t.jinja"], "a file that isn't in the pod", "examples/"),
        (["--chat-template", "./own.jinja"], "a file that isn't in the pod", "the template itself"),
        (["--tool-parser-plugin", "own.py"], "a file that isn't in the pod", "leave it out"),
        (["--kv-transfer-config", "{}"], "connects this server to others", "leave it out"),
        (["--hf-overrides", YARN], "changes the positions", "ropeScaling"),
        (["--hf-overrides.rope_parameters.factor=4"], "changes the positions", "ropeScaling"),
        (["--hf-overrides", '{"max_position_embeddings": 99}'], "changes the positions", "ropeScaling"),
    ],
)
def test_it_is_refused_with_what_to_write(given: list[str], got: str, write: str) -> None:
    bad = refused(*given)
    assert [each.index for each in bad] == [0]
    assert got in bad[0].got
    assert write in bad[0].write


@pytest.mark.parametrize(
    "given",
    [
        ["--cpu-offload-gb", "0"],
        ["--mm-processor-cache-gb", "2"],
        ["--max-cudagraph-capture-size", "256"],
        ["--cudagraph-capture-sizes", "1", "2", "4"],
        ["--no-enable-lora"],
        ["--generation-config", "vllm"],
        ["--chat-template", "{{ messages[0].content }}"],
        ["--chat-template", "examples/tool_chat_template_llama3.1_json.jinja"],
        ["--hf-overrides", '{"architectures": ["Qwen3ForSequenceClassification"]}'],
        ["--enforce-eager"],
        ["--block-size", "32"],
        ["--limit-mm-per-prompt", '{"image": 2}'],
        ["--max-num-active-seqs", "8"],
    ],
)
def test_what_takes_no_more_than_is_counted_is_allowed(given: list[str]) -> None:
    assert not refused(*given)
    assert all(isinstance(each, Argument) for each in VLLM.read_arguments(given))


# Flags whose names speak of memory or files, and why a plan that doesn't know them is still right.
HARMLESS = {
    "--block-size": "a request's last page is at most this large",
    "--cpu-offload-params": "nothing without --cpu-offload-gb",
    "--offload-backend": "nothing without an amount",
    "--offload-num-in-group": "nothing without --offload-group-size",
    "--offload-params": "nothing without --offload-group-size",
    "--offload-prefetch-step": "nothing without --offload-group-size",
    "--kv-offloading-backend": "nothing without --kv-offloading-size",
    "--cudagraph-metrics": "numbers in the log",
    "--kv-cache-metrics": "numbers in the log",
    "--kv-cache-metrics-sample": "numbers in the log",
    "--cp-kv-cache-interleave-size": "nothing without context parallelism",
    "--dcp-kv-cache-interleave-size": "nothing without context parallelism",
    "--diffusion-config": "no model here is one of diffusion",
    "--engram-config": "no model here has such tables",
    "--enable-cumem-allocator": "another allocator of the same memory",
    "--enable-prefix-caching": "pages that nobody uses are kept, and given up when they are needed",
    "--enable-mamba-cache-stochastic-rounding": "rounds what is there",
    "--enable-mamba-shared-prefix-checkpoint": "pages of the cache that is counted",
    "--enable-mixed-moe-lora-format": "only with adapters: another layout of the same numbers",
    "--enable-moe-shared-loras": "only with adapters: fewer numbers",
    "--enable-return-routed-experts": "a few bytes per token",
    "--fully-sharded-loras": "only with adapters: fewer numbers on each GPU",
    "--kv-sharing-fast-prefill": "layers that share a cache compute less",
    "--limit-mm-per-prompt": "fewer images than the engine measures without it",
    "--lora-dtype": "only with adapters: each of its types has 16 bit",
    "--lora-target-modules": "only with adapters: fewer layers",
    "--mamba-block-size": "pages of the cache that is counted",
    "--mamba-cache-dtype": "the state of a request, whose size is an estimate",
    "--mamba-cache-mode": "pages of the cache that is counted",
    "--mamba-cache-philox-rounds": "rounds what is there",
    "--mamba-ssm-cache-dtype": "the state of a request, whose size is an estimate",
    "--max-num-active-seqs": "fewer than maxNumSeqs",
    "--max-num-scheduled-tokens": "fewer than the batch",
    "--max-num-queued-reqs": "requests that wait hold text alone",
    "--max-num-queued-tokens": "requests that wait hold text alone",
    "--mm-shm-cache-max-object-size-mb": "a part of --mm-processor-cache-gb",
    "--mm-processor-cache-type": "where --mm-processor-cache-gb is kept",
    "--mm-encoder-fp8-scale-save-margin": "nothing without a path",
    "--per-request-spec-decode-metrics": "numbers in the log",
    "--prefix-cache-retention-interval": "pages of the cache that is counted",
    "--prefix-caching-hash-algo": "names of pages",
    "--attention-config": "which kernels run",
    "--disable-cascade-attn": "which kernels run",
    "--io-processor-plugin": "a package of the image",
    "--weight-transfer-config": "nobody sends it weights while it serves",
    "--safetensors-prefetch-block-size": "pages of files, which the node gives up when it needs them",
    "--sleep-mode-offload-cudagraph": "nothing sleeps while it serves",
    "--allowed-local-media-path": "a folder of the pod that requests may name",
}
_SPEAKS = re.compile(
    r"cache|memory|lora|offload|blocks?-|block-size|spec-|speculative|cudagraph|gpu-|num-(seqs|batched|active|scheduled|queued)"
    r"|-path$|tokenizer$|plugin$|engram|diffusion|limit-mm|return-routed|kv-sharing|transfer-config|cascade"
)


def test_each_flag_that_speaks_of_memory_or_a_file_was_looked_at() -> None:
    """A new version brings new ones: they belong in UNPLANNED, or here with the reason."""
    known = {*UNPLANNED, *REFUSED, *HARMLESS}
    assert sorted(flag for flag in FLAGS if _SPEAKS.search(flag) and flag not in known) == []


def test_each_flag_that_is_refused_is_one_of_its_flags() -> None:
    assert sorted(set(UNPLANNED) - FLAGS) == []
    assert sorted(set(UNPLANNED) & set(REFUSED)) == []
