"""Flags of TGI that the program sets itself: the key of the stack file to use, or why there is none."""

from collections.abc import Mapping

from infra.engines.words import ADDRESS

REFUSED: Mapping[str, str] = {
    "--model-id": "write model",
    "--revision": "write revision",
    "--hostname": ADDRESS,
    "--port": ADDRESS,
    "-p": ADDRESS,
    "--num-shard": "write gpus",
    "--sharded": "write gpus",
    "--quantize": "write quantization",
    "--dtype": "write quantization",
    "--kv-cache-dtype": "write kvCacheDtype",
    "--max-total-tokens": "write maxModelLen",
    "--max-input-tokens": "write maxModelLen",
    "--max-input-length": "write maxModelLen",
    "--max-batch-size": "write maxNumSeqs",
    "--max-concurrent-requests": "write maxNumSeqs",
    "--max-batch-prefill-tokens": "write maxNumBatchedTokens",
    "--cuda-memory-fraction": "write gpuMemoryUtilization",
    "--usage-stats": "nothing leaves the cluster",
    "--json-output": "it is on",
    "--otlp-endpoint": "its spans have what callers send beside their prompts",
    "--otlp-service-name": "its spans have what callers send beside their prompts",
}
