"""Rules for `extraArgs`: what the program sets itself, and what must not be there at all."""

from collections.abc import Mapping

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key
from infra.settings.model import Model

_CREDENTIALS = frozenset({"--api-key", "--hf-token", "--token", "--ssl-keyfile-password"})
_SERVED = "the name in the stack file is what applications send"
_ADDRESS = "probes, Service and NetworkPolicy rely on it"

# Flag of an engine -> the key to use, or why there is none.
_VLLM: Mapping[str, str] = {
    "--model": "write model",
    "--served-model-name": _SERVED,
    "--host": _ADDRESS,
    "--port": _ADDRESS,
    "--root-path": _ADDRESS,
    "--revision": "write revision",
    "--dtype": "write quantization",
    "--runner": "write task",
    "--convert": "write task",
    "--task": "write task",
    "--quantization": "write quantization",
    "-q": "write quantization",
    "--kv-cache-dtype": "write kvCacheDtype",
    "--tensor-parallel-size": "write gpus",
    "-tp": "write gpus",
    "--pipeline-parallel-size": "write gpus; a model is on one node",
    "-pp": "write gpus; a model is on one node",
    "--data-parallel-size": "write replicas",
    "-dp": "write replicas",
    "--max-model-len": "write maxModelLen",
    "--max-num-seqs": "write maxNumSeqs",
    "--gpu-memory-utilization": "write gpuMemoryUtilization",
    "--download-dir": "weights are in the cache",
    "--shutdown-timeout": "write gateway.timeoutSeconds",
}
_TGI: Mapping[str, str] = {
    "--model-id": "write model",
    "--revision": "write revision",
    "--hostname": _ADDRESS,
    "--port": _ADDRESS,
    "-p": _ADDRESS,
    "--num-shard": "write gpus",
    "--sharded": "write gpus",
    "--quantize": "write quantization",
    "--dtype": "write quantization",
    "--kv-cache-dtype": "write kvCacheDtype",
    "--max-total-tokens": "write maxModelLen",
    "--max-input-tokens": "write maxModelLen",
    "--max-input-length": "write maxModelLen",
    "--max-batch-size": "write maxNumSeqs",
    "--max-batch-prefill-tokens": "the planner chooses it",
    "--cuda-memory-fraction": "write gpuMemoryUtilization",
    "--usage-stats": "nothing leaves the cluster",
}
_OURS: Mapping[str, Mapping[str, str]] = {"vllm": _VLLM, "tgi": _TGI}


def check_extra_args(scope: Scope, key: Key, model: Model) -> None:
    engine = (*key, "engine")
    where: Key = (*key, "extraArgs")
    if model.engine == "ollama":
        if model.extra_args:
            scope.report.wrong(where, "ollama serve takes no arguments", "leave extraArgs out", reads=[engine])
        return
    for index, argument in enumerate(model.extra_args):
        flag = argument.split("=", 1)[0].strip()
        if flag.startswith("--"):
            flag = flag.replace("_", "-").lower()  # vLLM takes both
        if flag in _CREDENTIALS:
            got = f"{flag} is a credential in the open (value not shown); anybody who sees the pod reads it"
            name = "apiKey" if flag == "--api-key" else "huggingFaceToken"
            scope.report.wrong((*where, index), got, f"leave it out, and use the secret {name}")
        elif (instead := _OURS[model.engine].get(flag)) is not None:
            if instead.startswith("write "):
                got = f"{flag} is the program's own"
                scope.report.wrong((*where, index), got, f"{instead} in its place", reads=[engine])
            else:
                scope.report.wrong(
                    (*where, index), f"{flag} is the program's own: {instead}", "leave it out", reads=[engine]
                )
