"""Models that the engine refuses at start, so the stack file is refused first."""

from infra.engines.vllm.facts import facts
from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, Bad, stack

_OWN_CODE = "needs code from its repository, which vLLM runs only with your permission"
_TRUST = "write trustRemoteCode: true and revision: the commit whose code you have read, or another model"

_OTHERS = "its name says bnb-4bit: write a repository of it with other weights, and leave quantization out"
_FP8 = "write fp8, which it makes of 16-bit weights as it loads them, or leave quantization out"
_NEAR = "write another model, e.g. Qwen/Qwen3-8B"
_OWN = (
    "hidden_size: 4096, intermediate_size: 12288, num_hidden_layers: 36, num_attention_heads: 32,"
    " num_key_value_heads: 8, head_dim: 128, vocab_size: 151936, max_position_embeddings: 40960"
)

REFUSED_BY_ENGINE = (
    Bad(
        "key-value heads that don't split",
        stack(CLUSTER, "models: {a: {model: microsoft/phi-4, gpus: 4}}"),
        (
            Mistake(
                "models.a.gpus",
                5,
                "10 key-value heads can't be shared by 4 GPUs, and 4 is no multiple of 10: vLLM doesn't start",
                "write gpus: one of 1, 2, 5",
            ),
        ),
    ),
    Bad(
        "key-value heads of an own shape that don't split",
        stack(CLUSTER, "models: {a: {model: acme/x, like: microsoft/phi-4, gpus: 8}}"),
        (
            Mistake(
                "models.a.gpus",
                5,
                "10 key-value heads can't be shared by 8 GPUs, and 8 is no multiple of 10: vLLM doesn't start",
                "write gpus: one of 1, 2, 5",
            ),
        ),
    ),
    Bad(
        "experts in fp8 whose blocks are cut",
        stack(CLUSTER, "models: {a: {model: MiniMaxAI/MiniMax-M2.7, gpus: 8, maxModelLen: 32768}}"),
        (
            Mistake(
                "models.a.gpus",
                5,
                "an expert's width of 1536 / 8 GPUs is 192, and the weights have scales for blocks of 128:"
                " vLLM doesn't start",
                'write gpus: one of 1, 2, 4, or extraArgs: ["--enable-expert-parallel"], by which each GPU holds'
                " whole experts",
            ),
        ),
    ),
    Bad(
        "code of the repository",
        stack(CLUSTER, "models: {a: {model: zai-org/glm-4-9b-chat}}"),
        (Mistake("models.a.model", 5, f"zai-org/glm-4-9b-chat {_OWN_CODE}", _TRUST),),
    ),
    Bad(
        "code of whatever the repository holds next",
        stack(CLUSTER, "models: {a: {model: zai-org/glm-4-9b-chat, trustRemoteCode: true}}"),
        (
            Mistake(
                "models.a.trustRemoteCode",
                5,
                "true without a revision: the next start would run whatever code the repository then holds",
                "write revision: the commit whose code you have read",
            ),
        ),
    ),
    Bad(
        "code of a repository for an engine that runs none",
        stack(CLUSTER, 'models: {a: {model: "llama3.2:1b", engine: ollama, trustRemoteCode: true}}'),
        (Mistake("models.a.trustRemoteCode", 5, "Ollama runs no code of a repository here", "leave it out"),),
    ),
    Bad(
        "a chat model that would rerank by the cosine of two embeddings",
        stack(CLUSTER, "models: {a: {model: acme/rank, like: Qwen/Qwen3-8B, task: rerank}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "acme/rank is to rerank, and vLLM would score by the cosine of two embeddings: Qwen3ForCausalLM is no"
                " cross-encoder",
                "write a reranker that is known here, e.g. BAAI/bge-reranker-v2-m3, or in extraArgs the --hf-overrides"
                " that make it a cross-encoder, as the model's page says",
            ),
        ),
    ),
    Bad(
        "the name of another way to store weights",
        stack(CLUSTER, "models: {a: {model: acme/GLM-4.5-Air-FP8-mine, like: zai-org/GLM-4.5-Air}}"),
        (
            Mistake(
                "models.a.quantization",
                5,
                "acme/GLM-4.5-Air-FP8-mine says fp8 in its name, and would be sized as bf16",
                "write quantization: fp8 if it holds fp8 weights, or run `llm-platform model add"
                " acme/GLM-4.5-Air-FP8-mine`, which reads its own files, and leave the shape out",
            ),
        ),
    ),
    Bad(
        "the name of a known repository with the shape of another",
        stack(CLUSTER, "models: {a: {model: zai-org/GLM-4.5-Air-FP8, like: zai-org/GLM-4.5-Air}}"),
        (
            Mistake(
                "models.a.quantization",
                5,
                "zai-org/GLM-4.5-Air-FP8 says fp8 in its name, and would be sized as bf16",
                "leave like and quantization out: zai-org/GLM-4.5-Air-FP8 is known here",
            ),
        ),
    ),
    Bad(
        "the name of weights that the engine doesn't read",
        stack(CLUSTER, "models: {a: {model: acme/Qwen3-8B-GGUF, like: Qwen/Qwen3-8B, quantization: awq}}"),
        (
            Mistake(
                "models.a.quantization",
                5,
                "acme/Qwen3-8B-GGUF says gguf in its name, and would be sized as awq",
                "write another repository: vLLM doesn't read these weights",
            ),
        ),
    ),
    Bad(
        "a quantization of which no repository is known",
        stack(CLUSTER, "models: {a: {model: mistralai/Codestral-22B-v0.1, quantization: awq}}"),
        (
            Mistake(
                "models.a.quantization",
                5,
                "awq is made beforehand, and mistralai/Codestral-22B-v0.1 holds other weights",
                "no repository of it in awq is known here: if huggingface.co/models?search=Codestral-22B-v0.1 has one,"
                " `llm-platform model add` it and name it; or leave quantization out: the plan, and `llm-platform fit"
                " mistralai/Codestral-22B-v0.1`, say what fits",
            ),
        ),
    ),
    Bad(
        "more tokens than an embedding model is served with",
        stack(CLUSTER, "models: {a: {model: sentence-transformers/all-MiniLM-L6-v2, maxModelLen: 512}}"),
        (
            Mistake(
                "models.a.maxModelLen", 5, "512 tokens; the model was made for 256", "write maxModelLen: 256 or less"
            ),
        ),
    ),
    Bad(
        "a parser that the engine doesn't have",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8B, reasoning: qwen33}}"),
        (
            Mistake(
                "models.a.reasoning",
                5,
                "vLLM has no parser qwen33",
                f"did you mean qwen3? Else write off, or one of {', '.join(facts().parsers['reasoning'])}",
            ),
        ),
    ),
    Bad(
        "a parser for an engine that takes none",
        stack(CLUSTER, 'models: {a: {model: "llama3.2:1b", engine: ollama, toolCalling: hermes}}'),
        (
            Mistake(
                "models.a.toolCalling",
                5,
                "Ollama reads answers in its own way and takes no parser",
                "leave toolCalling out",
            ),
        ),
    ),
    Bad(
        "an architecture that the engine has dropped",
        stack(CLUSTER, "models: {a: {model: meta-llama/Llama-3.2-11B-Vision-Instruct, maxModelLen: 8192}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "vLLM 0.32.0 doesn't serve MllamaForConditionalGeneration: 0.10.2 was its last version that did",
                "write another model, e.g. Qwen/Qwen3.5-9B",
            ),
        ),
    ),
    Bad(
        "own weights of an architecture that the engine has dropped",
        stack(CLUSTER, "models: {a: {model: acme/see, like: meta-llama/Llama-3.2-11B-Vision-Instruct}}"),
        (
            Mistake(
                "models.a.like",
                5,
                "vLLM 0.32.0 doesn't serve MllamaForConditionalGeneration: 0.10.2 was its last version that did",
                "write another model, e.g. Qwen/Qwen3.5-9B",
            ),
        ),
    ),
    Bad(
        "an architecture of a plugin",
        stack(CLUSTER, f"models: {{a: {{model: acme/sum, architecture: {{{_OWN}, architectures: [BartModel]}}}}}}"),
        (
            Mistake(
                "models.a.architecture",
                5,
                "vLLM 0.32.0 doesn't serve BartModel: its code is in a plugin that the image doesn't have"
                " (https://github.com/vllm-project/bart-plugin)",
                "write another model, e.g. Qwen/Qwen3-Embedding-8B",
            ),
        ),
    ),
    Bad(
        "an architecture that the engine never had",
        stack(CLUSTER, f"models: {{a: {{model: acme/x, architecture: {{{_OWN}, architectures: [OwnForCausalLM]}}}}}}"),
        (Mistake("models.a.architecture", 5, "vLLM 0.32.0 doesn't serve OwnForCausalLM: it has no such class", _NEAR),),
    ),
    Bad(
        "a quantization that the engine has dropped",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8B, quantization: bitsandbytes}}"),
        (Mistake("models.a.quantization", 5, "vLLM 0.32.0 has no bitsandbytes any more", _FP8),),
    ),
    Bad(
        "own weights in a quantization that the engine has dropped",
        stack(CLUSTER, "models: {a: {model: acme/x-bnb-4bit, like: Qwen/Qwen3-8B, quantization: bitsandbytes}}"),
        (Mistake("models.a.quantization", 5, "vLLM 0.32.0 has no bitsandbytes any more", _OTHERS),),
    ),
    Bad(
        "arguments that the engine doesn't know, or not with that value",
        stack(
            CLUSTER,
            "models:",
            "  a:",
            "    model: Qwen/Qwen3-8B",
            '    extraArgs: ["--disable-log-requests", "--enable-prefix-cashing", --seed, x, --seed, --eager]',
        ),
        (
            Mistake(
                "models.a.extraArgs[0]",
                8,
                "vLLM 0.32.0 has no --disable-log-requests any more",
                "leave it out: of a request the log has its id, path and status alone",
            ),
            Mistake(
                "models.a.extraArgs[1]",
                8,
                "vLLM 0.32.0 has no --enable-prefix-cashing",
                "did you mean --enable-prefix-caching? Else leave it out",
            ),
            Mistake("models.a.extraArgs[2]", 8, "--seed takes a whole number", "write e.g. --seed 1"),
            Mistake(
                "models.a.extraArgs[4]",
                8,
                "--seed has no value",
                "write --seed 1, as two items",
            ),
            Mistake(
                "models.a.extraArgs[5]",
                8,
                "vLLM 0.32.0 has no --eager",
                "did you mean --enforce-eager? Else leave it out",
            ),
        ),
    ),
    Bad(
        "beginnings of flags that the program sets, and what would take the server off its port",
        stack(
            CLUSTER,
            "models: {a: {model: Qwen/Qwen3-8B, extraArgs: [--api-ke, k, --tensor-p=2, --uds=/s, --head]}}",
        ),
        (
            Mistake(
                "models.a.extraArgs[0]",
                5,
                "--api-ke (--api-key) is a credential in plain text (value not shown); anybody who sees the pod"
                " reads it",
                "leave it out, and use the secret apiKey",
            ),
            Mistake(
                "models.a.extraArgs[2]",
                5,
                "--tensor-p (--tensor-parallel-size) is the program's own",
                "write gpus in its place",
            ),
            Mistake(
                "models.a.extraArgs[3]",
                5,
                "--uds is the program's own: probes, Service and NetworkPolicy rely on it",
                "leave it out",
            ),
            Mistake(
                "models.a.extraArgs[4]",
                5,
                "--head (--headless) is the program's own: the server would answer no requests",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "TLS in the server",
        stack(CLUSTER, 'models: {a: {model: Qwen/Qwen3-8B, extraArgs: ["--ssl-keyfile", /key.pem]}}'),
        (
            Mistake(
                "models.a.extraArgs[0]",
                5,
                "--ssl-keyfile is the program's own: the gateway ends TLS, and probes speak plain HTTP",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "trust as an argument",
        stack(CLUSTER, 'models: {a: {model: Qwen/Qwen3-8B, extraArgs: ["--trust-remote-code"]}}'),
        (
            Mistake(
                "models.a.extraArgs[0]",
                5,
                "--trust-remote-code is the program's own",
                "write trustRemoteCode: true in its place",
            ),
        ),
    ),
)
