"""Next versions: what brings requests to them, and what they differ in."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import LAPTOP, Bad, stack

_SMALL = 'model: "llama3.2:1b", engine: ollama, gpus: 0'
_LINES = (
    LAPTOP,
    "models:",
    "  zero: {MODEL, rollout: {strategy: canary, weight: 0}, next: {LONG}}",
    "  over: {MODEL, rollout: {strategy: canary, weight: 120}, next: {LONG}}",
    "  none: {MODEL, rollout: {strategy: canary}, next: {LONG}}",
    "  half: {MODEL, rollout: {strategy: blueGreen, weight: 50}, next: {LONG}}",
    "  rolls: {MODEL, rollout: {strategy: rolling, weight: 10, clients: [default], trials: false}}",
    "  alone: {MODEL, rollout: {strategy: canary, weight: 10}}",
    "  unsaid: {MODEL, next: {LONG}}",
    "  same: {MODEL, maxModelLen: 4096, rollout: {strategy: canary, weight: 10}, next: {LONG, replicas: 2}}",
    "  again: {MODEL, rollout: {strategy: blueGreen}, next: {engine: ollama}}",
    "  whose: {MODEL, rollout: {strategy: canary, weight: 10, clients: [nobody]}, next: {LONG, pool: l5}}",
    "  taken: {MODEL, rollout: {strategy: blueGreen}, next: {LONG}}",
    "  taken-next: {MODEL}",
    "  sleeps: {MODEL, replicas: {min: 0, max: 1}, rollout: {strategy: canary, weight: 1}, next: {replicas: 1, LONG}}",
    "  once: {MODEL, pool: l5, rollout: {strategy: blueGreen}, next: {LONG}}",
)

VERSIONS = (
    Bad(
        "next versions",
        stack(*(line.replace("MODEL", _SMALL).replace("LONG", "maxModelLen: 4096") for line in _LINES), region=None),
        (
            Mistake(
                "addons.prometheus",
                2,
                "sleeps scales between its replicas with it, and its address isn't given",
                "write prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}, or install; and"
                " keda: install beside it, or existing where the cluster has it; or replicas that don't scale:"
                " models.sleeps.replicas: 1",
            ),
            Mistake(
                "models.zero.rollout.weight",
                5,
                "got 0; allowed for canary: 1 to 99",
                "write strategy: blueGreen for 0, or weight: 10",
            ),
            Mistake(
                "models.over.rollout.weight",
                6,
                "got 120; allowed for canary: 1 to 99",
                "write weight: 99",
            ),
            Mistake(
                "models.none.rollout.weight",
                7,
                "missing; a canary gets a share of the requests, 1 to 99 percent",
                "write weight: 10",
            ),
            Mistake(
                "models.half.rollout.weight",
                8,
                "got 50; allowed for blueGreen: 0 or 100",
                "write strategy: canary for 50, or weight: 0",
            ),
            Mistake(
                "models.rolls.rollout.clients",
                9,
                "rolling has no next version for them",
                "leave clients out",
            ),
            Mistake(
                "models.rolls.rollout.trials",
                9,
                "rolling has no next version to try",
                "leave trials out",
            ),
            Mistake(
                "models.rolls.rollout.weight",
                9,
                "rolling replaces pods, and brings no share of requests to a next version",
                "leave weight out, or write strategy: canary",
            ),
            Mistake(
                "models.alone.rollout.strategy",
                10,
                "canary, and there is no next version",
                "write next: {revision: ...} beside it, with what differs; or strategy: rolling",
            ),
            Mistake(
                "models.unsaid.next",
                11,
                "a next version, and no rollout says who is answered by it",
                "write rollout: {strategy: canary, weight: 10}, or rollout: {strategy: blueGreen} for trials",
            ),
            Mistake(
                "models.same.next",
                12,
                "equal to the model itself: a second server would answer the same",
                "write what differs, such as revision; or leave next and rollout out",
            ),
            Mistake(
                "models.again.next",
                13,
                "equal to the model itself: a second server would answer the same",
                "write what differs, such as revision; or leave next and rollout out",
            ),
            Mistake(
                "models.whose.next.pool",
                14,
                "a pool is for GPUs, and gpus is 0",
                "leave pool out, or write gpus: 1",
            ),
            Mistake(
                "models.whose.rollout.clients[0]",
                14,
                "no client nobody; there is default",
            ),
            Mistake(
                "models.taken.next",
                15,
                "taken-next is the name of taken's next version too",
                "give taken-next another name",
            ),
            Mistake(
                "models.sleeps.next.replicas",
                17,
                "min 1 beside min 0 of the model: a share of the requests would be held, and the rest not",
                "write replicas: {min: 0, max: 1} in next, so that both sleep; or strategy: blueGreen",
            ),
            Mistake(
                "models.once.pool",
                18,
                "a pool is for GPUs, and gpus is 0",
                "leave pool out, or write gpus: 1",
            ),
        ),
    ),
    Bad(
        "a share of vectors that can't be compared with the others",
        stack(
            LAPTOP,
            "gpuPools: {l4: {existing: {gpu: L4, gpusPerNode: 1, nodes: 4, selector: {a: b}}}}",
            "models:",
            "  vec: {model: BAAI/bge-small-en-v1.5, rollout: {strategy: canary, weight: 10},"
            " next: {model: BAAI/bge-base-en-v1.5}}",
            "  same: {model: BAAI/bge-small-en-v1.5, rollout: {strategy: canary, weight: 9}, next: {maxModelLen: 256}}",
            region=None,
        ),
        (
            Mistake(
                "models.vec.rollout.strategy",
                6,
                "another model for 10 % of the requests: its vectors can't be compared with the others",
                "write rollout: {strategy: blueGreen}, with clients whose texts were embedded again",
            ),
        ),
    ),
    Bad(
        "a next version that scales without a scaler",
        stack(
            LAPTOP,
            "addons: {keda: false}",
            "models:",
            f"  chat: {{{_SMALL}, rollout: {{strategy: blueGreen}}, next: {{replicas: {{min: 0, max: 1}}}}}}",
            region=None,
        ),
        (
            Mistake(
                "addons.keda",
                4,
                "got false; allowed: install, existing, disabled, or a mapping with existing",
                "write keda: disabled",
            ),
            Mistake(
                "addons.prometheus",
                4,
                "chat-next scales between its replicas with it, and its address isn't given",
                "write prometheus: {existing: {url: http://prometheus-operated.monitoring:9090}}, or install;"
                " or replicas that don't scale: models.chat.next.replicas: 1",
            ),
        ),
    ),
    Bad(
        "a next version that sleeps, and nothing wakes it",
        stack(
            LAPTOP,
            "addons: {keda: disabled, prometheus: install}",
            "models:",
            f"  chat: {{{_SMALL}, rollout: {{strategy: blueGreen}}, next: {{replicas: {{min: 0, max: 1}}}}}}",
            region=None,
        ),
        (
            Mistake(
                "addons.keda",
                4,
                "disabled, and chat-next scales between its replicas with it",
                "write keda: install, or existing where the cluster has it; or replicas that don't scale:"
                " models.chat.next.replicas: 1",
            ),
        ),
    ),
)
