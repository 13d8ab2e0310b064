"""Flags of vLLM that the program sets itself: the key of the stack file to use, or why there is none."""

from collections.abc import Mapping

from infra.engines.words import ADDRESS, SERVED

REFUSED: Mapping[str, str] = {
    "--model": "write model",
    "--served-model-name": SERVED,
    "--host": ADDRESS,
    "--port": ADDRESS,
    "--root-path": ADDRESS,
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
    "--pipeline-parallel-size": "write gpus; a replica runs on one node",
    "-pp": "write gpus; a replica runs on one node",
    "--data-parallel-size": "write replicas",
    "-dp": "write replicas",
    "--max-model-len": "write maxModelLen",
    "--max-num-seqs": "write maxNumSeqs",
    "--gpu-memory-utilization": "write gpuMemoryUtilization",
    "--trust-remote-code": "write trustRemoteCode: true",
    "--download-dir": "the weights are in the cache already",
    "--shutdown-timeout": "write gateway.timeoutSeconds",
}
