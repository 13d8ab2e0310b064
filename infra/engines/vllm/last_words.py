"""What vLLM 0.32.0 and its Transformers say before they end."""

from infra.engines.last_words import LastWords

LAST_WORDS = (
    LastWords(
        r"To serve at least one request with the models?'s max seq len|No available memory for the cache blocks",
        "cache-too-small",
        "the KV cache has no room for one request of full length",
        "a smaller maxModelLen, a higher gpuMemoryUtilization, or more gpus",
    ),
    LastWords(
        r"is less than desired GPU memory utilization",
        "gpu-memory-taken",
        "something else already uses the GPU's memory",
        "a lower gpuMemoryUtilization, or nodes on which nothing else uses the GPU",
    ),
    LastWords(
        r"does not recognize this architecture|are not supported for now\. Supported architectures",
        "unknown-model",
        "this version of the engine doesn't know the model's architecture",
        "image: a newer version, or engine",
    ),
    LastWords(
        r"trust_remote_code=True|--trust-remote-code",
        "remote-code",
        "the repository has code that the model needs, and it may not run",
        "trustRemoteCode: true, if you have read that code",
    ),
    LastWords(
        r"quantization method \S+ is not supported for the current GPU|"
        r"only supported on GPUs with compute capability",
        "gpu-too-old",
        "this GPU can't compute with weights of this type",
        "pool: one with a newer GPU, or another quantization",
    ),
)
