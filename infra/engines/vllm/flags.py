"""Flags of vLLM that have no place in `extraArgs`: the key of the stack file to use, or why there is none."""

from collections.abc import Mapping

from infra.engines.words import ADDRESS, SERVED

ONE_NODE = "a replica runs on one node"
TLS = "the gateway ends TLS, and probes speak plain HTTP"
REPLICAS = "write replicas"
ENDS = "the server prints it and ends"
LOG = "the log is lines of JSON of level INFO: finer levels have prompts, and other formats no ids of requests"
WORDS = "the log would have words of callers: a line with the id of each request is there already"

# By the full name of each.
REFUSED: Mapping[str, str] = {
    "--model": "write model",
    "--served-model-name": SERVED,
    "--host": ADDRESS,
    "--port": ADDRESS,
    "--uds": ADDRESS,
    "--root-path": ADDRESS,
    "--grpc": ADDRESS,
    "--grpc-port": ADDRESS,
    "--headless": "the server would answer no requests",
    "--tokens-only": "the server would have no chat or completions",
    "--ssl-keyfile": TLS,
    "--ssl-certfile": TLS,
    "--ssl-ca-certs": TLS,
    "--ssl-cert-reqs": TLS,
    "--ssl-ciphers": TLS,
    "--enable-ssl-refresh": TLS,
    "--config": "the flags of a file aren't seen here; write them in extraArgs",
    "--help": ENDS,
    "--enable-force-include-usage": "it is on: the gateway counts the tokens of every stream",
    "--otlp-traces-endpoint": "write monitoring.traces",
    "--collect-detailed-traces": "write monitoring.traces: spans have the times of queue, prefill and decode anyway",
    "--enable-log-requests": WORDS,
    "--enable-log-outputs": WORDS,
    "--disable-uvicorn-access-log": "a line with the id of each request is there in its place",
    "--log-error-stack": "the log would have words of callers, which stand in what is wrong with their requests",
    "--log-level": LOG,
    "--logging-config": LOG,
    "--log-config-file": LOG,
    "--uvicorn-log-level": LOG,
    "--disable-log-stats": "scaler and dashboards read the metrics that it switches off",
    "--revision": "write revision",
    "--dtype": "write quantization",
    "--runner": "write task",
    "--convert": "write task",
    "--quantization": "write quantization",
    "--kv-cache-dtype": "write kvCacheDtype",
    "--tensor-parallel-size": "write gpus",
    "--pipeline-parallel-size": f"write gpus; {ONE_NODE}",
    "--nnodes": ONE_NODE,
    "--node-rank": ONE_NODE,
    "--master-addr": ONE_NODE,
    "--master-port": ONE_NODE,
    "--data-parallel-size": REPLICAS,
    "--data-parallel-size-local": REPLICAS,
    "--data-parallel-rank": REPLICAS,
    "--data-parallel-start-rank": REPLICAS,
    "--data-parallel-address": REPLICAS,
    "--data-parallel-rpc-port": REPLICAS,
    "--data-parallel-external-lb": REPLICAS,
    "--data-parallel-hybrid-lb": REPLICAS,
    "--data-parallel-multi-port-external-lb": REPLICAS,
    "--max-model-len": "write maxModelLen",
    "--max-num-seqs": "write maxNumSeqs",
    "--max-num-batched-tokens": "write maxNumBatchedTokens",
    "--gpu-memory-utilization": "write gpuMemoryUtilization",
    "--kv-cache-memory-bytes": "write gpuMemoryUtilization",
    "--trust-remote-code": "write trustRemoteCode: true",
    "--download-dir": "the weights are in the cache already",
    "--shutdown-timeout": "write gateway.timeoutSeconds",
}

# Of versions before the pinned one (github.com/vllm-project/vllm/releases, read 2026-11) -> what to write today.
GONE: Mapping[str, str] = {
    "--task": "write task, a key of the model, in its place",
    "--disable-log-requests": "leave it out: of a request the log has its id, path and status alone",
    "--enable-reasoning": "leave it out: --reasoning-parser is enough",
    "--guided-decoding-backend": "write --structured-outputs-config.backend=NAME in its place",
    "--rope-scaling": "write ropeScaling, a key of the model, in its place",
    "--rope-theta": "write ropeScaling, a key of the model, in its place",
    "--override-pooler-config": "write --pooler-config in its place",
    "--num-scheduler-steps": "leave it out: the scheduler works ahead by itself",
    "--use-v2-block-manager": "leave it out: there is no other any more",
    "--max-seq-len-to-capture": "write --cudagraph-capture-sizes in its place",
    "--speculative-model": "write speculative, a key of the model, in its place",
    "--num-speculative-tokens": "write speculative, a key of the model, in its place",
    "--swap-space": "leave it out: a request that has no room is computed again",
    "--device": "leave it out: the image is built for NVIDIA's cards",
}
