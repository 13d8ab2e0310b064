"""Arguments of vLLM whose memory or files a plan doesn't count: each is refused, with what to write in its place.

`ADAPTERS` and `SPECULATION` have keys of the stack file, which are sized and downloaded. Arguments that take no more
than is counted (`--enforce-eager`, `--block-size`, `--max-num-active-seqs`) aren't here. Read 2026-11 in vllm/config
and vllm/engine/arg_utils.py of 0.32.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.engines.arguments import Argument, BadArgument


@dataclass(frozen=True)
class Unplanned:
    """Why an argument is refused, and which of its values are not."""

    why: str
    write: str = "leave it out"
    up_to: float | None = None  # numbers up to this one take no more than is counted
    begins: tuple[str, ...] = ()  # values that begin so are in the pod
    inline: bool = False  # a value with braces is the text itself, not the name of a file
    words: tuple[str, ...] = ()  # only a value or key with one of these words is refused; blank: every value

    def allows(self, argument: Argument, item: str) -> bool:
        if self.words:
            return not any(word in text for text in (item, *argument.values) for word in self.words)
        if self.up_to is not None:
            return all(_number(value) <= self.up_to for value in argument.values)
        return bool(argument.values) and all(self._is_there(value) for value in argument.values)

    def _is_there(self, value: str) -> bool:
        return value.startswith(self.begins) or (self.inline and "{" in value)


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0  # `None`, which is the default


_ON_THE_CLAIM = "/models/"
_HOST = "takes memory of the node that the pod doesn't request"
_ON_EACH_GPU = "takes memory of each GPU that isn't counted"
_OFFLINE = "names a repository or a file: the server is offline, and the model's own repository alone is downloaded"
_OTHER_SERVERS = "connects this server to others that no plan has"
_NOT_THERE = "names a file that isn't in the pod"
_WHOLE = "makes layers with a window keep every token, which isn't counted"
_ADAPTERS = "write adapters: {NAME: {model: ORG/REPOSITORY}}, which are sized and downloaded"
_SPECULATION = "write speculative: {model: ORG/REPOSITORY, tokens: 5}, which is sized and downloaded"
_SMALLER = "leave it out, and write quantization: fp8 or more gpus"
_GRAPHS = 512  # sequences of the largest CUDA graph that is counted

_ADAPTER = Unplanned(_ON_EACH_GPU, _ADAPTERS)
_DRAFT = Unplanned(f"{_ON_EACH_GPU}, and its model isn't downloaded", _SPECULATION)
_FILE = Unplanned(_OFFLINE, "leave it out, or write model: a repository that has it", begins=(_ON_THE_CLAIM,))
_PLUGIN = Unplanned(_NOT_THERE, begins=(_ON_THE_CLAIM,))

UNPLANNED: Mapping[str, Unplanned] = {
    # Memory of the host.
    "--cpu-offload-gb": Unplanned(_HOST, _SMALLER, up_to=0),
    "--offload-group-size": Unplanned(_HOST, _SMALLER, up_to=0),
    "--kv-offloading-size": Unplanned(_HOST, "leave it out, and write kvCacheDtype: fp8 or more gpus"),
    "--mm-processor-cache-gb": Unplanned(_HOST, "leave it out, or write at most 4, its default", up_to=4),
    # Memory of the GPU.
    "--num-gpu-blocks-override": Unplanned(
        "sets the size of the cache, which the plan takes from the memory", "leave it out, and write concurrency"
    ),
    "--mm-ipc-gpu-memory-gb": Unplanned(_ON_EACH_GPU, up_to=0),
    "--max-cudagraph-capture-size": Unplanned(
        f"{_ON_EACH_GPU} above {_GRAPHS}", f"write at most {_GRAPHS}, or leave it out", up_to=_GRAPHS
    ),
    "--cudagraph-capture-sizes": Unplanned(
        f"{_ON_EACH_GPU} above {_GRAPHS}", f"write sizes of at most {_GRAPHS}, or leave it out", up_to=_GRAPHS
    ),
    "--skip-mm-profiling": Unplanned("leaves the memory of images out of what the engine measures when it starts"),
    "--kv-cache-dtype-skip-layers": Unplanned("keeps layers of the cache in 16 bit, which isn't counted"),
    "--disable-hybrid-kv-cache-manager": Unplanned(_WHOLE),
    "--disable-sliding-window": Unplanned(_WHOLE, "leave it out, and write maxModelLen: the window"),
    "--enable-dbo": Unplanned(f"{_ON_EACH_GPU}: buffers of two half batches"),
    "--ubatch-size": Unplanned(f"{_ON_EACH_GPU}: buffers of several partial batches", up_to=0),
    "--enable-eplb": Unplanned(f"{_ON_EACH_GPU}: buffers and copies of experts"),
    "--eplb-config": Unplanned(f"{_ON_EACH_GPU}: copies of experts"),
    "--prefill-context-parallel-size": Unplanned(
        "takes more GPUs than the pod requests", "leave it out, and write gpus", up_to=1
    ),
    "--use-fp64-gumbel": Unplanned(f"{_ON_EACH_GPU}: logits of 64 bit"),
    # Adapters (LoRA).
    "--enable-lora": _ADAPTER,
    "--max-loras": _ADAPTER,
    "--max-lora-rank": _ADAPTER,
    "--max-cpu-loras": _ADAPTER,
    "--max-lora-cls-labels": _ADAPTER,
    "--lora-modules": Unplanned(_OFFLINE, _ADAPTERS),
    "--default-mm-loras": Unplanned(_OFFLINE, _ADAPTERS),
    "--enable-tower-connector-lora": Unplanned(_ON_EACH_GPU),
    "--specialize-active-lora": Unplanned(f"{_ON_EACH_GPU}: CUDA graphs for each number of adapters"),
    # Speculation.
    "--speculative-config": _DRAFT,
    "--spec-model": _DRAFT,
    "--spec-method": _DRAFT,
    "--spec-tokens": _DRAFT,
    # Repositories and files.
    "--tokenizer": _FILE,
    "--hf-config-path": _FILE,
    "--generation-config": Unplanned(_OFFLINE, "write auto or vllm", begins=("auto", "vllm", _ON_THE_CLAIM)),
    "--chat-template": Unplanned(
        _NOT_THERE,
        "write the template itself, or one that the image has, e.g. examples/tool_chat_template_llama3.1_json.jinja",
        begins=("examples/", "/vllm-workspace/examples/", "template_", _ON_THE_CLAIM),
        inline=True,
    ),
    "--tool-parser-plugin": _PLUGIN,
    "--reasoning-parser-plugin": _PLUGIN,
    "--mm-encoder-fp8-scale-path": _PLUGIN,
    "--mm-encoder-fp8-scale-save-path": Unplanned("writes a file, and the weights are read-only"),
    # Parts of a server that runs beside others.
    "--kv-transfer-config": Unplanned(_OTHER_SERVERS),
    "--ec-transfer-config": Unplanned(_OTHER_SERVERS),
    "--mm-encoder-only": Unplanned("leaves out the language model, so nothing answers"),
    # Positions.
    "--hf-overrides": Unplanned(
        "changes the positions of a model without the plan's knowledge of its length",
        "write ropeScaling: {type: yarn, factor: 4}",
        words=("rope", "max_position_embeddings"),
    ),
}


def refusal(argument: Argument, item: str) -> BadArgument | None:
    """Why an argument is refused; None: a plan counts it. `item`: as it stands in the list, with keys after a dot."""
    found = UNPLANNED.get(argument.flag)
    if found is None or _is_off(argument) or found.allows(argument, item):
        return None
    flag = argument.flag if argument.typed == argument.flag else f"{argument.typed} ({argument.flag})"
    return BadArgument(argument.index, argument.typed, f"{flag} {found.why}", found.write, argument.flag)


def _is_off(argument: Argument) -> bool:
    return argument.typed.startswith("--no-")
