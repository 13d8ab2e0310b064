"""Sections, keys and values of the wrong kind."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, MODEL, POOL, Bad, create, model, stack

SECTIONS = (
    Bad(
        "no cluster and no models",
        stack("protect: true"),
        (
            Mistake(
                "cluster",
                3,
                "missing; needs a mapping with create, existing",
                'write, for example, cluster: {create: {version: "1.35"}}',
            ),
            Mistake(
                "models",
                3,
                "missing; needs a mapping of names",
                "write, for example, models: {qwen3-8b: {model: Qwen/Qwen3-8B}}",
            ),
        ),
    ),
    Bad(
        "unknown keys at every level",
        stack(
            create("zone: 2"),
            "models:",
            "  a: {model: Qwen/Qwen3-8B, maxModelLenght: 8192, replicas: {minimum: 2}}",
            "gateways: {domain: llm.example.com}",
        ),
        (
            Mistake("cluster.create.zone", 4, "unknown key; did you mean zones?"),
            Mistake("models.a.maxModelLenght", 6, "unknown key; did you mean maxModelLen?"),
            Mistake("models.a.replicas.minimum", 6, "unknown key; did you mean min?"),
            Mistake("gateways", 7, "unknown key; did you mean gateway?"),
        ),
    ),
    Bad(
        "a key that resembles nothing",
        stack(CLUSTER, MODEL, "cache: {kind: efs, colour: blue}"),
        (Mistake("cache.colour", 6, "unknown key; known here: kind, storageClass, path, size, endpoint, compile"),),
    ),
    Bad(
        "keys in the wrong place",
        stack(
            CLUSTER,
            "gpuPools: {l4: {instanceTypes: [g6.xlarge], gpu: L4}}",
            model("runtimeClassName: nvidia, cache: efs, gpu: 1"),
            "prometheus: install",
            "addons: {prometheus: {auth: {sigv4: {}}}}",
        ),
        (
            Mistake("gpuPools.l4.gpu", 5, "unknown key here; did you mean gpuPools.l4.existing.gpu?"),
            Mistake("models.a.cache", 6, "unknown key here; did you mean cache?"),
            Mistake("models.a.gpu", 6, "unknown key; did you mean gpus?"),
            Mistake(
                "models.a.runtimeClassName",
                6,
                "unknown key here; did you mean gpuPools.NAME.existing.runtimeClassName?",
            ),
            Mistake("prometheus", 7, "unknown key here; did you mean addons.prometheus?"),
            Mistake("addons.prometheus.auth", 8, "unknown key here; did you mean addons.prometheus.existing.auth?"),
        ),
    ),
    Bad(
        "the region where other programs have it",
        stack("cluster: {create: {region: us-east-1}, region: us-east-1}", MODEL, "region: us-east-1"),
        tuple(
            Mistake(f"{section}region", line, "unknown key; write aws:region beside llm-platform:platform")
            for section, line in (("cluster.create.", 4), ("cluster.", 4), ("", 6))
        ),
    ),
    Bad(
        "a section that is text",
        stack(CLUSTER, MODEL, "budget: 30000"),
        (
            Mistake(
                "budget",
                6,
                "got the number 30000; allowed: a mapping with usdPerMonth, of",
                "write budget: {usdPerMonth: 30000}",
            ),
        ),
    ),
    Bad(
        "a list for a map of names",
        stack(CLUSTER, "models: [{model: Qwen/Qwen3-8B}]"),
        (
            Mistake(
                "models",
                5,
                "got a list; allowed: a mapping of names",
                "write, for example, models: {qwen3-8b: {model: Qwen/Qwen3-8B}}",
            ),
        ),
    ),
    Bad(
        "text and nothing for sections",
        stack(CLUSTER, "gpuPools: {l4: }", "models: {a: Qwen/Qwen3-8B}", "tags: {team: }"),
        (
            Mistake(
                "gpuPools.l4",
                5,
                "got nothing; allowed: a mapping with instanceTypes, capacity, min, max, nodeGroups, existing, ...",
                "write, for example, l4: {instanceTypes: [g6.xlarge]}",
            ),
            Mistake(
                "models.a",
                6,
                'got "Qwen/Qwen3-8B"; allowed: a mapping with model, revision, like, architecture, engine, image, ...',
                "write a: {model: Qwen/Qwen3-8B}",
            ),
            Mistake("tags.team", 7, "got nothing; allowed: text", "write, for example, team: ml-platform"),
        ),
    ),
    Bad(
        "a name that is null, and one that is empty",
        stack(CLUSTER, 'models: {null: {model: Qwen/Qwen3-8B}, "": {model: Qwen/Qwen3-8B}}'),
        tuple(
            Mistake(
                f"models.{shown}",
                5,
                "no name; at most 40 lower-case letters, digits and hyphens, beginning with a letter",
                "write qwen3-8b",
            )
            for shown in ('""', "null")
        ),
    ),
    Bad(
        "wrong types",
        stack(CLUSTER, model("gpus: one, paused: maybe, maxModelLen: 8k"), "tags: {costCenter: 4711}"),
        (
            Mistake("models.a.gpus", 5, 'got "one"; allowed: a whole number from 0 to 16', "write gpus: 1"),
            Mistake(
                "models.a.maxModelLen",
                5,
                'got "8k"; allowed: a whole number from 1 to 10485760',
                "write maxModelLen: 8192",
            ),
            Mistake("models.a.paused", 5, 'got "maybe"; allowed: true or false', "write, for example, paused: true"),
            Mistake("tags.costCenter", 6, "got the number 4711; text has to be in quotes", 'write "4711"'),
        ),
    ),
    Bad(
        "YAML 1.1 booleans are text",
        stack(CLUSTER, MODEL, "protect: yes"),
        (Mistake("protect", 6, 'got "yes"; allowed: true or false', "write protect: true"),),
    ),
    Bad(
        "a number with a fraction",
        stack(CLUSTER, model("maxModelLen: 8192.5")),
        (
            Mistake(
                "models.a.maxModelLen",
                5,
                "got the number 8192.5; allowed: a whole number from 1 to 10485760",
                "write maxModelLen: 8192",
            ),
        ),
    ),
    Bad(
        "out of range",
        stack(CLUSTER, model("gpuMemoryUtilization: 1.0, maxNumSeqs: 0")),
        (
            Mistake(
                "models.a.gpuMemoryUtilization",
                5,
                "got the number 1; allowed: a number over 0, at most 0.98",
                "write, for example, gpuMemoryUtilization: 0.9",
            ),
            Mistake(
                "models.a.maxNumSeqs",
                5,
                "got the number 0; allowed: a whole number from 1 to 4096",
                "leave maxNumSeqs out, or write a value such as maxNumSeqs: 64",
            ),
        ),
    ),
    Bad(
        "a word that isn't a choice",
        stack(CLUSTER, POOL.replace("xlarge]", "xlarge], capacity: Spot"), model("engine: vlm")),
        (
            Mistake(
                "gpuPools.l4.capacity",
                5,
                'got "Spot"; allowed: on-demand, spot, or a list, each on-demand, spot, or a mapping with'
                " reservation, capacityBlock, from, to, instances, zone, ...",
                "write capacity: spot",
            ),
            Mistake("models.a.engine", 6, 'got "vlm"; allowed: vllm, ollama, tgi', "write engine: vllm"),
        ),
    ),
    Bad(
        "names that Kubernetes refuses",
        stack(
            CLUSTER,
            "gpuPools: {L4: {instanceTypes: [g6.xlarge]}}",
            "models: {Llama_8B: {model: Qwen/Qwen3-8B}}",
            "namespace: {name: LLM}",
        ),
        (
            Mistake(
                "gpuPools.L4",
                5,
                "bad name; at most 30 lower-case letters, digits and hyphens, beginning with a letter",
                "write l4",
            ),
            Mistake(
                "models.Llama_8B",
                6,
                "bad name; at most 40 lower-case letters, digits and hyphens, beginning with a letter",
                "write llama-8b",
            ),
            Mistake(
                "namespace.name",
                7,
                'got "LLM"; allowed: a name of lower-case letters, digits and hyphens',
                "write name: llm",
            ),
        ),
    ),
)
