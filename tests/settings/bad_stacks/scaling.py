"""Bad `scaling` of models."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, Bad, stack

_SEVERAL = "model: Qwen/Qwen3-4B, replicas: {min: 1, max: 3}"
_WRITE_ONE = "write one: {ttftP95Seconds: 2}, or {requestsPerReplica: 16}"
SCALING: tuple[Bad, ...] = (
    Bad(
        "scaling",
        stack(
            CLUSTER,
            "models:",
            f"  empty: {{{_SEVERAL}, scaling: {{}}}}",
            f"  both: {{{_SEVERAL}, scaling: {{ttftP95Seconds: 1, requestsPerReplica: 3}}}}",
            "  fixed: {model: Qwen/Qwen3-4B, replicas: 2, scaling: {ttftP95Seconds: 1}}",
            "  vectors: {model: BAAI/bge-m3, replicas: {min: 1, max: 3}, scaling: {ttftP95Seconds: 1}}",
            "  tag: {model: llama3.2, engine: ollama, gpus: 0, replicas: {min: 0, max: 1},"
            " scaling: {ttftP95Seconds: 1}}",
            "  old: {model: Qwen/Qwen2.5-7B-Instruct, engine: tgi, acknowledgeMaintenanceMode: true,"
            " replicas: {min: 1, max: 3}, scaling: {ttftP95Seconds: 1}}",
            f"  never: {{{_SEVERAL}, scaling: {{ttftP95Seconds: 0}}}}",
        ),
        (
            Mistake("models.empty.scaling", 6, "empty", _WRITE_ONE),
            Mistake("models.both.scaling", 7, "ttftP95Seconds and requestsPerReplica", _WRITE_ONE),
            Mistake(
                "models.fixed.scaling",
                8,
                "replicas are fixed at 2, so nothing scales",
                "write replicas: {min: 2, max: 4}, or leave scaling out",
            ),
            Mistake(
                "models.vectors.scaling.ttftP95Seconds",
                9,
                "a model for embed generates no tokens",
                "write requestsPerReplica: 16 in its place",
            ),
            Mistake(
                "models.tag.scaling",
                10,
                "Ollama has no metrics, so requests can't be counted",
                "leave scaling out",
            ),
            Mistake(
                "models.old.scaling.ttftP95Seconds",
                11,
                "the speed of TGI isn't known",
                "write requestsPerReplica: 16 in its place",
            ),
            Mistake(
                "models.never.scaling.ttftP95Seconds",
                12,
                "got the number 0; allowed: a number over 0, at most 600",
                "leave ttftP95Seconds out, or write a value such as ttftP95Seconds: 2",
            ),
        ),
    ),
)
