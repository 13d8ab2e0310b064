"""`models`."""

from infra.project import PROJECT
from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, OLLAMA, POOL, Bad, model, stack

_LIKE = "write like: a known model of the same shape, or architecture: its config.json"


def _read_tag(name: str) -> str:
    return f"run llm-platform model add ollama:{name}, which reads its manifest; or {_LIKE}"


def _read(name: str) -> str:
    return f"run llm-platform model add {name}, which reads its own files; or {_LIKE}"


MODELS = (
    Bad(
        "an unknown model",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8b-instruct}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model Qwen/Qwen3-8b-instruct",
                f"did you mean Qwen/Qwen3-8B? Else {_read('Qwen/Qwen3-8b-instruct')}",
            ),
        ),
    ),
    Bad(
        "a model in other letters' case",
        stack(CLUSTER, "models: {a: {model: qwen/qwen3-32b}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model qwen/qwen3-32b",
                f"did you mean Qwen/Qwen3-32B? Else {_read('qwen/qwen3-32b')}",
            ),
        ),
    ),
    Bad(
        "a model whose version has another mark",
        stack(CLUSTER, "models: {a: {model: deepseek-ai/DeepSeek-V3-1}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model deepseek-ai/DeepSeek-V3-1",
                f"did you mean deepseek-ai/DeepSeek-V3.1? Else {_read('deepseek-ai/DeepSeek-V3-1')}",
            ),
        ),
    ),
    Bad(
        "a model in a size that isn't known",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen2.5-Coder-14B-Instruct}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model Qwen/Qwen2.5-Coder-14B-Instruct",
                "write one of its other sizes, Qwen/Qwen2.5-Coder-7B-Instruct or Qwen/Qwen2.5-Coder-32B-Instruct;"
                f" or {_read('Qwen/Qwen2.5-Coder-14B-Instruct')}",
            ),
        ),
    ),
    Bad(
        "a size without its unit, a name without its owner, and one without a size",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8}, b: {model: llama-3.1-8b}, c: {model: Qwen/Qwen3-VL}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model Qwen/Qwen3-8",
                f"did you mean Qwen/Qwen3-8B? Else {_read('Qwen/Qwen3-8')}",
            ),
            Mistake(
                "models.b.model",
                5,
                "unknown model llama-3.1-8b",
                f"did you mean meta-llama/Llama-3.1-8B? Else {_LIKE}",
            ),
            Mistake(
                "models.c.model",
                5,
                "unknown model Qwen/Qwen3-VL",
                "write one of Qwen/Qwen3-VL-8B-Instruct, Qwen/Qwen3-VL-2B-Instruct, Qwen/Qwen3-VL-4B-Instruct,"
                f" Qwen/Qwen3-VL-32B-Instruct; or {_read('Qwen/Qwen3-VL')}",
            ),
        ),
    ),
    Bad(
        "a word that says which model it is, of a name that lacks the rest",
        stack(
            CLUSTER,
            "models: {a: {model: Qwen/Qwen2.5-Coder-32B}, b: {model: Qwen/Qwen2.5-Math-7B}, c: {model: deepseek-r1}}",
        ),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model Qwen/Qwen2.5-Coder-32B",
                f"did you mean Qwen/Qwen2.5-Coder-32B-Instruct? Else {_read('Qwen/Qwen2.5-Coder-32B')}",
            ),
            Mistake("models.b.model", 5, "unknown model Qwen/Qwen2.5-Math-7B", _read("Qwen/Qwen2.5-Math-7B")),
            Mistake(
                "models.c.model",
                5,
                "unknown model deepseek-r1",
                f"did you mean deepseek-ai/DeepSeek-R1? Else {_LIKE}",
            ),
        ),
    ),
    Bad(
        "a model's size and a letter",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen2.5-Coder-7B-Instruc}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model Qwen/Qwen2.5-Coder-7B-Instruc",
                f"did you mean Qwen/Qwen2.5-Coder-7B-Instruct? Else {_read('Qwen/Qwen2.5-Coder-7B-Instruc')}",
            ),
        ),
    ),
    Bad(
        "a model of one's own with no shape",
        stack(CLUSTER, "models: {a: {model: acme/support-model}}"),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model acme/support-model",
                _read("acme/support-model"),
            ),
        ),
    ),
    Bad(
        "an unknown like",
        stack(CLUSTER, "models: {a: {model: acme/support-model, like: meta-llama/Llama-3.3-70B}}"),
        (
            Mistake(
                "models.a.like",
                5,
                "unknown model meta-llama/Llama-3.3-70B",
                "did you mean meta-llama/Llama-3.3-70B-Instruct? Else run llm-platform model add"
                " meta-llama/Llama-3.3-70B, which reads its own files; or, instead of like, write architecture: its"
                " config.json",
            ),
        ),
    ),
    Bad(
        "a like whose other sizes are known, and so is a model of its shape",
        stack(CLUSTER, "models: {a: {model: acme/code, like: Qwen/Qwen2.5-Coder-14B-Instruct}}"),
        (
            Mistake(
                "models.a.like",
                5,
                "unknown model Qwen/Qwen2.5-Coder-14B-Instruct",
                "write Qwen/Qwen2.5-14B-Instruct, because Qwen/Qwen2.5-Coder-7B-Instruct has the shape of"
                " Qwen/Qwen2.5-7B-Instruct; or run llm-platform model add Qwen/Qwen2.5-Coder-14B-Instruct, which reads"
                " its own files; or, instead of like, write architecture: its config.json",
            ),
        ),
    ),
    Bad(
        "a like of which only other sizes are known",
        stack(CLUSTER, "models: {a: {model: acme/chat, like: Qwen/Qwen3-70B}}"),
        (
            Mistake(
                "models.a.like",
                5,
                "unknown model Qwen/Qwen3-70B",
                "run llm-platform model add Qwen/Qwen3-70B, which reads its own files; or, instead of like, write"
                " architecture: its config.json",
            ),
        ),
    ),
    Bad(
        "like and architecture",
        stack(CLUSTER, "models: {a: {model: acme/x, like: Qwen/Qwen3-8B, architecture: config.json}}"),
        (Mistake("models.a.like", 5, "like and architecture both give the shape", "leave one of them out"),),
    ),
    Bad(
        "an architecture with fields missing and wrong",
        stack(
            CLUSTER,
            "models: {a: {model: acme/x, architecture: {hidden_size: 0, num_hidden_layers: 2, num_attention_heads: 4,"
            " intermediate_size: 8, vocab_size: many}}}",
        ),
        tuple(
            Mistake(f"models.a.architecture{field}", 5, got, "write the fields of the model's config.json, or its path")
            for field, got in (
                (".hidden_size", "got 0, must be a whole number, 1 or more"),
                (".max_position_embeddings", "missing"),
                (".vocab_size", 'got "many", must be a whole number, 1 or more'),
            )
        ),
    ),
    Bad(
        "an architecture that contradicts itself",
        stack(
            CLUSTER,
            "models: {a: {model: acme/x, architecture: {hidden_size: 4096, num_hidden_layers: 32, vocab_size: 32000,"
            " num_attention_heads: 32, num_key_value_heads: 5, intermediate_size: 8, max_position_embeddings: 8192}}}",
        ),
        (
            Mistake(
                "models.a.architecture.num_key_value_heads",
                5,
                "got 5, which 32 heads can't share",
                "write the fields of the model's config.json, or its path",
            ),
        ),
    ),
    Bad(
        "an architecture that isn't there",
        stack(CLUSTER, "models: {a: {model: acme/x, architecture: nowhere/config.json}}"),
        (
            Mistake(
                "models.a.architecture",
                5,
                f"{PROJECT / 'nowhere/config.json'}: no such file",
                "write the fields of the model's config.json, or its path",
            ),
        ),
    ),
    Bad(
        "AWQ of a repository in 16 bit",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8B, quantization: awq}}"),
        (
            Mistake(
                "models.a.quantization",
                5,
                "awq is made beforehand, and Qwen/Qwen3-8B holds bf16",
                "write model: Qwen/Qwen3-8B-AWQ; or leave quantization out: the plan, and"
                " `llm-platform fit Qwen/Qwen3-8B`, say what fits",
            ),
        ),
    ),
    Bad(
        "what an engine can't make of weights that aren't in 16 bit",
        stack(CLUSTER, "models: {a: {model: openai/gpt-oss-20b, quantization: fp8}}"),
        (
            Mistake(
                "models.a.quantization",
                5,
                "openai/gpt-oss-20b holds mxfp4, and an engine makes fp8 of 16-bit weights only",
                "leave quantization out: the weights are served in mxfp4",
            ),
        ),
    ),
    Bad(
        "an Ollama tag on vLLM",
        stack(CLUSTER, 'models: {a: {model: "llama3.2:3b"}}'),
        (
            Mistake(
                "models.a.model",
                5,
                "an Ollama tag; vllm takes a Hugging Face repository",
                "write model: meta-llama/Llama-3.2-3B-Instruct, or engine: ollama",
            ),
        ),
    ),
    Bad(
        "a repository on Ollama",
        stack(CLUSTER, model("engine: ollama")),
        (
            Mistake(
                "models.a.model",
                5,
                "a Hugging Face repository; Ollama takes a tag from its own library",
                'write model: "qwen3:8b", or engine: vllm',
            ),
        ),
    ),
    Bad(
        "an unknown Ollama tag",
        stack(CLUSTER, 'models: {a: {model: "lama3.2:3b", engine: ollama}}'),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown Ollama tag lama3.2:3b",
                f"did you mean llama3.2:3b? Else {_read_tag('lama3.2:3b')}",
            ),
        ),
    ),
    Bad(
        "TGI unacknowledged",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen2.5-7B-Instruct, engine: tgi}}"),
        (
            Mistake(
                "models.a.engine",
                5,
                "TGI is in maintenance mode: it gets no new models or features",
                "write engine: vllm, or acknowledgeMaintenanceMode: true beside it",
            ),
        ),
    ),
    *(
        Bad(
            f"TGI and {what}",
            stack(CLUSTER, f"models: {{a: {{engine: tgi, acknowledgeMaintenanceMode: true, {fields}}}}}"),
            (
                Mistake(
                    "models.a.engine",
                    5,
                    f"TGI 3.1.0 can't serve {what}, and gets no new models",
                    "write engine: vllm",
                ),
            ),
        )
        for what, fields in (
            ("Qwen/Qwen3-8B", "model: Qwen/Qwen3-8B"),
            ("openai/gpt-oss-20b", "model: acme/own, like: openai/gpt-oss-20b"),
            ("BAAI/bge-m3", "model: BAAI/bge-m3"),
            (
                "model_type qwen3",
                "model: acme/own, architecture: {model_type: qwen3, hidden_size: 4096, intermediate_size: 12288,"
                " num_hidden_layers: 36, num_attention_heads: 32, vocab_size: 151936, max_position_embeddings: 40960}",
            ),
        )
    ),
    *(
        Bad(
            f"vLLM on the CPU: {name}",
            stack(CLUSTER, f"models: {{a: {{model: {name}, gpus: 0}}}}"),
            (Mistake("models.a.gpus", 5, "0 GPUs is the CPU, and vllm needs a GPU here", f"{write}, or gpus: 1"),),
        )
        for name, write in (
            ("Qwen/Qwen3-8B", "write engine: ollama and model: qwen3:8b"),
            ("BAAI/bge-m3", "write engine: ollama and model: bge-m3:567m"),
            ("intfloat/e5-mistral-7b-instruct", "write engine: ollama and a tag such as bge-m3, another model"),
        )
    ),
    Bad(
        "a reranker on the CPU",
        stack(CLUSTER, "models: {a: {model: BAAI/bge-reranker-v2-m3, gpus: 0}}"),
        (
            Mistake(
                "models.a.gpus",
                5,
                "0 GPUs is the CPU, and vllm needs a GPU here",
                "no engine here serves it without a GPU: write gpus: 1",
            ),
        ),
    ),
    Bad(
        "a batch for Ollama",
        stack(CLUSTER, f"models: {{a: {OLLAMA[:-1]}, maxNumSeqs: 16}}}}"),
        (
            Mistake(
                "models.a.maxNumSeqs",
                5,
                "Ollama answers as many requests at once as `concurrency` says",
                "leave maxNumSeqs out",
            ),
        ),
    ),
    Bad(
        "what Ollama has no use for",
        stack(CLUSTER, f"models: {{a: {OLLAMA[:-1]}, quantization: fp8, revision: main, gpuMemoryUtilization: 0.9}}}}"),
        (
            Mistake(
                "models.a.gpuMemoryUtilization",
                5,
                "Ollama decides itself how much memory it uses",
                "leave gpuMemoryUtilization out",
            ),
            Mistake("models.a.quantization", 5, "an Ollama tag names its own quantization", "leave quantization out"),
            Mistake("models.a.revision", 5, "an Ollama tag is its own revision", "leave revision out"),
        ),
    ),
    Bad(
        "no such pool",
        stack(CLUSTER, POOL, model("pool: l40")),
        (Mistake("models.a.pool", 6, "no pool l40; did you mean l4?"),),
    ),
    Bad(
        "a pool where none is written",
        stack(CLUSTER, model("pool: l40")),
        (
            Mistake(
                "models.a.pool",
                5,
                "no pool l40; known: none",
                "write gpuPools.l40, or remove this line: the program then chooses the pool",
            ),
        ),
    ),
    Bad(
        "a pool where none is written, of nodes that exist",
        stack(LAPTOP, model("pool: l40"), region=None),
        (Mistake("models.a.pool", 4, "no pool l40; known: none", "write gpuPools.l40"),),
    ),
    Bad(
        "a pool on the CPU",
        stack(CLUSTER, POOL, 'models: {a: {model: "llama3.2:1b", engine: ollama, pool: l4, gpus: 0}}'),
        (Mistake("models.a.pool", 6, "a pool is for GPUs, and gpus is 0", "leave pool out, or write gpus: 1"),),
    ),
    Bad(
        "more GPUs than a node has",
        stack(CLUSTER, POOL, model("pool: l4, gpus: 2")),
        (
            Mistake(
                "models.a.gpus",
                6,
                "2 GPUs; a node of pool l4 has 1",
                "write gpus: 1 with quantization: fp8, or gpuPools.l4.instanceTypes: one of g6.12xlarge (4 x L4),"
                " g6.48xlarge (8 x L4), g4dn.12xlarge (4 x T4), g5.12xlarge (4 x A10G) (it doesn't fit a node of l4)",
            ),
        ),
    ),
    Bad(
        "GPUs that don't divide the heads",
        stack(CLUSTER, model("gpus: 3")),
        (
            Mistake(
                "models.a.gpus",
                5,
                "32 attention heads can't be shared by 3 GPUs: vLLM doesn't start",
                "write gpus: one of 1, 2, 4, 8",
            ),
        ),
    ),
    Bad(
        "longer than the model",
        stack(CLUSTER, model("maxModelLen: 1000000")),
        (
            Mistake(
                "models.a.maxModelLen",
                5,
                "1000000 tokens; the model was made for 40960",
                "write maxModelLen: 40960 or less",
            ),
        ),
    ),
    Bad(
        "an unknown quantization",
        stack(CLUSTER, model("quantization: fp-8")),
        (Mistake("models.a.quantization", 5, "unknown quantization fp-8", "did you mean fp8?"),),
    ),
    Bad(
        "a GPU where none can be",
        stack(LAPTOP, MODEL, region=None),
        (
            Mistake(
                "models.a",
                4,
                "needs a GPU, and no nodes are made on a cluster that exists",
                "write the cluster's GPU nodes under gpuPools, or engine: ollama with gpus: 0",
            ),
        ),
    ),
    Bad(
        "min replicas over max",
        stack(CLUSTER, model("replicas: {min: 5, max: 2}")),
        (Mistake("models.a.replicas", 5, "min 5 is more than max 2", "write {min: 2, max: 5}"),),
    ),
    Bad(
        "min replicas over the default max",
        stack(CLUSTER, model("replicas: {min: 3}")),
        (Mistake("models.a.replicas", 5, "min 3 is more than max 1, which is the default", "write {min: 3, max: 3}"),),
    ),
    Bad(
        "no replica ever",
        stack(CLUSTER, model("replicas: {min: 0, max: 0}")),
        (
            Mistake(
                "models.a.replicas",
                5,
                "max 0: it would never have a pod",
                "write {min: 0, max: 1}, or `paused: true`",
            ),
        ),
    ),
    Bad(
        "what pods ask for on GPUs, and twice the same",
        stack(CLUSTER, model("verticalScaling: {mode: Initial, resources: [cpu, cpu]}")),
        (
            Mistake(
                "models.a.verticalScaling",
                5,
                "the model is on GPUs: its CPU and memory are its share of the node, which costs the same without it",
                "leave verticalScaling out",
            ),
            Mistake(
                "models.a.verticalScaling.resources",
                5,
                "one of them twice",
                "write resources: [cpu, memory], or one of them",
            ),
        ),
    ),
    Bad(
        "an unknown mode of what pods ask for",
        stack(CLUSTER, model("verticalScaling: Auto")),
        (
            Mistake(
                "models.a.verticalScaling",
                5,
                'got "Auto"; allowed: Off, Initial, Recreate, InPlaceOrRecreate, or a mapping with mode, resources',
                "write, for example, verticalScaling: Initial",
            ),
        ),
    ),
    Bad(
        "Ollama that scales",
        stack(CLUSTER, 'models: {a: {model: "llama3.2:3b", engine: ollama, replicas: {min: 1, max: 3}}}'),
        (
            Mistake(
                "models.a.replicas",
                5,
                "Ollama has no metrics that a scaler could read",
                "write replicas: 3 or {min: 0, max: 1}, or engine: vllm",
            ),
        ),
    ),
    Bad(
        "an encoder of Ollama on the CPU that scales the wrong way round",
        stack(CLUSTER, 'models: {a: {model: "llama3.2:3b", engine: ollama, gpus: 0, replicas: {min: 3, max: 2}}}'),
        (Mistake("models.a.replicas", 5, "min 3 is more than max 2", "write {min: 2, max: 3}"),),
    ),
    Bad(
        "arguments that the program sets",
        stack(
            CLUSTER,
            model(
                'extraArgs: [--max-model-len=4096, --port, "80", --tensor_parallel_size, "2", --served-model-name=x]'
            ),
        ),
        (
            Mistake(
                "models.a.extraArgs[0]", 5, "--max-model-len is the program's own", "write maxModelLen in its place"
            ),
            Mistake(
                "models.a.extraArgs[1]",
                5,
                "--port is the program's own: probes, Service and NetworkPolicy rely on it",
                "leave it out",
            ),
            Mistake(
                "models.a.extraArgs[3]", 5, "--tensor-parallel-size is the program's own", "write gpus in its place"
            ),
            Mistake(
                "models.a.extraArgs[5]",
                5,
                "--served-model-name is the program's own: the name in the stack file is what applications send",
                "leave it out",
            ),
        ),
    ),
    Bad(
        "arguments that take memory or name a repository",
        stack(CLUSTER, model('extraArgs: [--max-num-batched-tokens=65536, --max-loras, "8", --tokenizer=acme/x]')),
        (
            Mistake(
                "models.a.extraArgs[0]",
                5,
                "--max-num-batched-tokens is the program's own",
                "write maxNumBatchedTokens in its place",
            ),
            Mistake(
                "models.a.extraArgs[1]",
                5,
                "--max-loras takes memory of each GPU that isn't counted",
                "write adapters: {NAME: {model: ORG/REPOSITORY}}, which are sized and downloaded",
            ),
            Mistake(
                "models.a.extraArgs[3]",
                5,
                "--tokenizer names a repository or a file: the server is offline, and the model's own repository alone"
                " is downloaded",
                "leave it out, or write model: a repository that has it",
            ),
        ),
    ),
    Bad(
        "speculation of nothing and of two things",
        stack(
            CLUSTER,
            "models: {a: {model: Qwen/Qwen3-8B, speculative: {tokens: 5}}, b: {model: Qwen/Qwen3-8B, speculative:"
            " {model: Qwen/Qwen3-0.6B, method: ngram, tokens: 5}}}",
        ),
        (
            Mistake(
                "models.a.speculative",
                5,
                "neither a model nor a method",
                "write one of them, e.g. {model: Qwen/Qwen3-0.6B, tokens: 5} or {method: ngram, tokens: 5}",
            ),
            Mistake(
                "models.b.speculative",
                5,
                "a model and a method",
                "write one of them, e.g. {model: Qwen/Qwen3-0.6B, tokens: 5} or {method: ngram, tokens: 5}",
            ),
        ),
    ),
    Bad(
        "a draft model of another vocabulary",
        stack(CLUSTER, model("speculative: {model: meta-llama/Llama-3.2-1B-Instruct, tokens: 5}")),
        (
            Mistake(
                "models.a.speculative.model",
                5,
                "meta-llama/Llama-3.2-1B-Instruct has 128256 tokens of vocabulary, and Qwen/Qwen3-8B has 151936",
                "write a smaller model of the same family and vocabulary",
            ),
        ),
    ),
    Bad(
        "a draft model that nobody knows",
        stack(CLUSTER, model("speculative: {model: acme/qwen3-draft, tokens: 5}")),
        (
            Mistake(
                "models.a.speculative.model",
                5,
                "unknown model acme/qwen3-draft",
                "run llm-platform model add acme/qwen3-draft, which reads its own files; or write {model:"
                " Qwen/Qwen3-0.6B, tokens: 5} or {method: ngram, tokens: 5}",
            ),
        ),
    ),
    Bad(
        "layers that the model doesn't have",
        stack(CLUSTER, model("speculative: {method: mtp, tokens: 1}")),
        (
            Mistake(
                "models.a.speculative.method",
                5,
                "Qwen/Qwen3-8B has no layers that predict several tokens, as far as is known here",
                "write method: ngram, or a model",
            ),
        ),
    ),
    Bad(
        "speculation for an engine that takes none",
        stack(LAPTOP, CPU.replace("gpus: 0", "gpus: 0, speculative: {method: ngram, tokens: 2}"), region=None),
        (Mistake("models.a.speculative", 4, "Ollama takes no speculation here", "leave speculative out"),),
    ),
    Bad(
        "adapters named as others",
        stack(
            CLUSTER,
            "models: {a: {model: Qwen/Qwen3-8B, adapters: {b: {model: x/y}, sql: {model: x/y}}}, b: {model:"
            " Qwen/Qwen3-8B, adapters: {sql: {model: x/y}}}}",
        ),
        (
            Mistake("models.a.adapters.b", 5, "the name of model b", "write a name that no model has"),
            Mistake("models.b.adapters.sql", 5, "the name of an adapter of a", "write b-sql"),
        ),
    ),
    Bad(
        "adapters of an encoder",
        stack(CLUSTER, "models: {a: {model: BAAI/bge-m3, adapters: {sql: {model: x/y}}}}"),
        (Mistake("models.a.adapters", 5, "adapters are for models that chat", "leave adapters out"),),
    ),
    Bad(
        "adapters for an engine that serves none",
        stack(LAPTOP, CPU.replace("gpus: 0", "gpus: 0, adapters: {sql: {model: x/y}}"), region=None),
        (Mistake("models.a.adapters", 4, "Ollama serves no adapters here", "leave adapters out"),),
    ),
    Bad(
        "a context that the family reads by stretched positions",
        stack(CLUSTER, model("maxModelLen: 100000")),
        (
            Mistake(
                "models.a.maxModelLen",
                5,
                "100000 tokens; the model was made for 40960",
                "write maxModelLen: 40960 or less, or ropeScaling: {type: yarn, factor: 3.5}, by which it takes 114688",
            ),
        ),
    ),
    Bad(
        "a context that is longer than the stretched one",
        stack(CLUSTER, model("maxModelLen: 131072, ropeScaling: {factor: 2}")),
        (
            Mistake(
                "models.a.maxModelLen",
                5,
                "131072 tokens; ropeScaling gives 2 x 32768 = 65536",
                "write maxModelLen: 65536 or less, or a larger factor",
            ),
        ),
    ),
    Bad(
        "positions that are stretched to no more than the model takes",
        stack(CLUSTER, model("ropeScaling: {factor: 1.25}")),
        (
            Mistake(
                "models.a.ropeScaling.factor",
                5,
                "1.25 x 32768 tokens are 40960, and the model takes 40960",
                "write more than 1.25, or leave it out",
            ),
        ),
    ),
    Bad(
        "positions that nobody has looked up",
        stack(CLUSTER, "models: {a: {model: mistralai/Mistral-7B-Instruct-v0.3, ropeScaling: {factor: 4}}}"),
        (
            Mistake(
                "models.a.ropeScaling",
                5,
                "nobody has looked up the positions of mistralai/Mistral-7B-Instruct-v0.3",
                "write original and theta, which are original_max_position_embeddings (or max_position_embeddings) and"
                " rope_theta of its config.json, e.g. {type: yarn, factor: 4, original: 32768, theta: 1000000}",
            ),
        ),
    ),
    Bad(
        "positions of a model that reads images",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-VL-8B-Instruct, ropeScaling: {factor: 4}}}"),
        (
            Mistake(
                "models.a.ropeScaling",
                5,
                "Qwen/Qwen3-VL-8B-Instruct isn't a model of text alone, and its positions have parts that these keys"
                " don't describe",
                "leave ropeScaling out",
            ),
        ),
    ),
    Bad(
        "positions of a model that writes no text",
        stack(CLUSTER, "models: {a: {model: BAAI/bge-m3, ropeScaling: {factor: 4}}}"),
        (
            Mistake(
                "models.a.ropeScaling",
                5,
                "BAAI/bge-m3 writes no text, and nobody has looked up how its positions stretch",
                "leave ropeScaling out",
            ),
        ),
    ),
    Bad(
        "stretched positions beside other overrides",
        stack(CLUSTER, model("ropeScaling: {factor: 4}, extraArgs: [--hf-overrides.x=1]")),
        (
            Mistake(
                "models.a.ropeScaling",
                5,
                "ropeScaling is passed by --hf-overrides, and extraArgs have another, which would replace it",
                "leave --hf-overrides out of extraArgs",
            ),
        ),
    ),
    Bad(
        "stretched positions for an engine that takes none",
        stack(LAPTOP, CPU.replace("gpus: 0", "gpus: 0, ropeScaling: {factor: 4}"), region=None),
        (Mistake("models.a.ropeScaling", 4, "an Ollama tag names its own positions", "leave ropeScaling out"),),
    ),
    Bad(
        "a step with fewer tokens than requests",
        stack(CLUSTER, model("maxNumSeqs: 128, maxNumBatchedTokens: 64")),
        (
            Mistake(
                "models.a.maxNumBatchedTokens",
                5,
                "64 tokens for 128 requests: a step has at least one token of each",
                "write at least 128",
            ),
        ),
    ),
    Bad(
        "a step that is shorter than an input",
        stack(CLUSTER, "models: {a: {model: BAAI/bge-m3, maxNumBatchedTokens: 1024}}"),
        (
            Mistake(
                "models.a.maxNumBatchedTokens",
                5,
                "1024 tokens; a model for embed reads an input of 8192 tokens at once",
                "write at least 8192, or leave it out",
            ),
        ),
    ),
    Bad(
        "a key as an argument",
        stack(CLUSTER, model("extraArgs: [--api-key=hunter2]")),
        (
            Mistake(
                "models.a.extraArgs[0]",
                5,
                "--api-key is a credential in plain text (value not shown); anybody who sees the pod reads it",
                "leave it out, and use the secret apiKey",
            ),
        ),
    ),
    Bad(
        "a bucket that nobody knows",
        stack(CLUSTER, 'models: {a: {model: "s3://acme/support-8b"}}'),
        (
            Mistake(
                "models.a.model",
                5,
                "unknown model s3://acme/support-8b",
                "run llm-platform model add s3://acme/support-8b --from DIR, where DIR has a copy of its config.json,"
                " and of its safetensors files or their index",
            ),
        ),
    ),
    Bad(
        "a bucket for engines that read none",
        stack(
            CLUSTER,
            """models:
      a: {model: "s3://acme/a", engine: ollama, like: Qwen/Qwen3-8B}
      b: {model: "s3://acme/b", engine: tgi, acknowledgeMaintenanceMode: true, like: Qwen/Qwen2.5-7B-Instruct}""",
        ),
        (
            Mistake(
                "models.a.engine",
                6,
                "Ollama takes models from its own library, and s3://acme/a is in a bucket",
                "write engine: vllm",
            ),
            Mistake(
                "models.b.engine",
                7,
                "TGI reads no weights from a bucket",
                "write engine: vllm, or pvc://CLAIM/PATH",
            ),
        ),
    ),
    Bad(
        "a bucket, and another way to load",
        stack(
            CLUSTER,
            'models: {a: {model: "s3://acme/a", like: Qwen/Qwen3-8B, extraArgs: ["--load-format", "dummy"]}}',
        ),
        (
            Mistake(
                "models.a.model",
                5,
                "--load-format is how vLLM streams s3://acme/a, and this model or its extraArgs want another value",
                "write pvc://CLAIM/PATH",
            ),
        ),
    ),
    Bad(
        "a directory of nodes that the stack makes",
        stack(CLUSTER, 'models: {a: {model: "file:///data/a", like: Qwen/Qwen3-8B}}'),
        (
            Mistake(
                "models.a.model",
                5,
                "the nodes of this cluster are made by the stack and come and go, and nobody puts /data/a on them",
                "write pvc://CLAIM/PATH, or a repository of the hub; on nodes that exist, file:///PATH is served",
            ),
        ),
    ),
    Bad(
        "weights in the cluster for an engine that has a library",
        stack(CLUSTER, 'models: {a: {model: "pvc://weights/a", engine: ollama, like: Qwen/Qwen3-8B}}'),
        (
            Mistake(
                "models.a.engine",
                5,
                "Ollama takes models from its own library, and pvc://weights/a is a directory",
                "write engine: vllm",
            ),
        ),
    ),
    Bad(
        "weights in the cluster with a revision",
        stack(CLUSTER, 'models: {a: {model: "pvc://weights/a", revision: v1, like: Qwen/Qwen3-8B}}'),
        (
            Mistake(
                "models.a.revision",
                5,
                "pvc://weights/a has no revisions: its files are served as they are",
                "leave revision out; another path can hold other files",
            ),
        ),
    ),
    Bad(
        "a model named as another's download",
        stack(CLUSTER, "models: {a: {model: Qwen/Qwen3-8B}, a-prefetch: {model: Qwen/Qwen3-8B}}"),
        (Mistake("models.a-prefetch", 5, "the name of a's own download", "write a-2"),),
    ),
    Bad(
        "a model named as another's pods, and two named as the gateway",
        stack(
            CLUSTER,
            "models: {a: {model: Qwen/Qwen3-8B}, a-pods: {model: Qwen/Qwen3-8B}, gateway: {model: Qwen/Qwen3-8B},"
            " gateway-pods: {model: Qwen/Qwen3-8B}}",
        ),
        (
            Mistake("models.a-pods", 5, "the name of a's own pods", "write a-2"),
            Mistake("models.gateway", 5, "the name of an object of the gateway", "write gateway-2"),
            Mistake("models.gateway-pods", 5, "the name of an object of the gateway", "write gateway-pods-2"),
        ),
    ),
    Bad(
        "a Service that is there",
        stack(LAPTOP, "namespace: {name: default, create: false}", CPU.replace("{a:", "{kubernetes:"), region=None),
        (Mistake("models.kubernetes", 5, "namespace default has a Service of this name", "write another name"),),
    ),
    Bad(
        "arguments of Ollama",
        stack(LAPTOP, CPU.replace("gpus: 0", "gpus: 0, extraArgs: [--verbose]"), region=None),
        (Mistake("models.a.extraArgs", 4, "ollama serve takes no arguments", "leave extraArgs out"),),
    ),
)
