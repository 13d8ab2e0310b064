"""From what it follows what vLLM compiles: a separate key, coarser than the one by which vLLM finds its files.

vLLM hashes its variables, its configuration, torch's settings and its code (compile_factors in vllm/envs.py and
compute_hash in vllm/config of 0.32.0). VLLM_API_KEY is not among its variables any more; until 0.28 it was. Servers
here have their keys in a file that --config names, of which vLLM hashes nothing: a rotated key finds the same files.
"""

from collections.abc import Iterator, Mapping, Sequence

WATCHED = ".cache/vllm/torch_compile_cache"  # VLLM_CACHE_ROOT is ~/.cache/vllm where it isn't set
# Arguments of the HTTP server, each with a value, and variables: vLLM hashes none of them.
_OF_HTTP = frozenset({"--served-model-name", "--port", "--shutdown-timeout", "--otlp-traces-endpoint"})
_NOT_HASHED = frozenset({"OTEL_SERVICE_NAME", "VLLM_NO_USAGE_STATS", "DO_NOT_TRACK"})


def factors(arguments: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
    before = ""
    for each in arguments:
        if each not in _OF_HTTP and before not in _OF_HTTP:
            yield each
        before = each
    yield from (f"{name}={value}" for name, value in sorted(variables.items()) if name not in _NOT_HASHED)
