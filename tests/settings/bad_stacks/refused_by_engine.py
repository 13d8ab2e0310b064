"""Models that the engine refuses at start, so the stack file is refused first."""

from infra.engines.vllm.facts import facts
from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, Bad, stack

_OWN_CODE = "needs code from its repository, which vLLM runs only with your permission"
_TRUST = "write trustRemoteCode: true and revision: the commit whose code you have read, or another model"

REFUSED_BY_ENGINE = (
    Bad(
        "key-value heads that don't split",
        stack(CLUSTER, "models: {a: {model: microsoft/phi-4, gpus: 4}}"),
        (
            Mistake(
                "models.a.gpus",
                5,
                "10 key-value heads can't be shared by 4 GPUs, and 4 is no multiple of 10: vLLM doesn't start",
                "write gpus: one of 1, 2, 5, 10",
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
                "write gpus: one of 1, 2, 5, 10",
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
