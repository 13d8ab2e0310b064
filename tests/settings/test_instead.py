"""Where the value can't be guessed, a message says where to look or what to leave out, and invents none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.settings.mistakes import BadStackFile, Mistake
from infra.settings.schema import Schema, forms, platform_schema
from infra.settings.types import SECRET_NAME
from infra.stack_file import load_config

Path = tuple[str, ...]
NODES = {"l4": {"existing": {"gpu": "L4", "nodes": 2, "selector": {"pool": "gpu"}}}}
OWN: dict[str, Any] = {
    "cluster": {"existing": {"context": "kind-llm"}},
    "gpuPools": NODES,
    "models": {"a": {"model": "Qwen/Qwen3-8B"}},
}
NAMES = {"gpuPools": "l4", "models": "a"}  # that are there already
ANY = "some"  # a name of a mapping


def leaves(node: Schema, at: Path = ()) -> Iterator[tuple[Path, Schema]]:
    for form in forms(node):
        inner = form.get("properties", {}).items() or [
            (ANY, each) for each in form.get("patternProperties", {}).values()
        ]
        yield at, form
        for name, each in inner:
            yield from leaves(each, (*at, NAMES.get(at[-1] if at else "", name) if name == ANY else name))


SECRETS = sorted({path for path, form in leaves(platform_schema()) if form.get("title") == SECRET_NAME})
# Of what a cluster has one of a name: no namespace matters.
OF_THE_CLUSTER = ("ingressClass", "storageClass", "runtimeClassName")


def written(path: Path, value: Any, **others: Any) -> Mistake:
    platform = json.loads(json.dumps({**OWN, **others}))
    section = platform
    for part in path[:-1]:
        section = section.setdefault(part, {})
    section[path[-1]] = value
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform=platform, region="us-east-1")
    return next(each for each in caught.value.mistakes if each.path == ".".join(path))


def test_every_key_that_names_a_secret_is_found() -> None:
    assert [".".join(path) for path in SECRETS] == [
        "addons.prometheus.existing.auth.basicSecret.name",
        "addons.prometheus.existing.auth.bearerSecret.name",
        "addons.prometheus.existing.auth.caSecret.name",
        "gateway.tlsSecret",
    ]
    objects = {path[-1] for path, form in leaves(platform_schema()) if "hyphens and dots" in form.get("title", "")}
    assert objects - {path[-1] for path in SECRETS} == set(OF_THE_CLUSTER)


@pytest.mark.parametrize("path", [*SECRETS, *(path[:-1] for path in SECRETS if path[-1] == "name")], ids=".".join)
@pytest.mark.parametrize(
    ("typed", "namespace", "says"),
    [
        ("cert-manager/tls-1", None, "; it is read in the models' namespace, llm: put a copy of the Secret there"),
        ("team/tls-1", {"name": "team"}, "; it is read in the models' namespace, team"),
        ("llm/tls-1", {"name": "team"}, "; it is read in the models' namespace, team: put a copy of the Secret there"),
    ],
)
def test_a_secret_with_a_namespace_is_answered_with_the_namespace_where_it_is_read(
    path: Path, typed: str, namespace: Any, says: str
) -> None:
    write = written(path, typed, **({"namespace": namespace} if namespace else {})).write
    assert "tls-1" in write.partition(";")[0]
    assert write.endswith(says)


@pytest.mark.parametrize(
    "path",
    [("gateway", "ingressClass"), ("cache", "storageClass"), ("gpuPools", "l4", "existing", "runtimeClassName")],
    ids=".".join,
)
def test_what_has_no_namespace_is_answered_without_one(path: Path) -> None:
    assert written(path, "kube-system/own").write == f"write {path[-1]}: own"


NODE = ("gpuPools", "l4", "existing")
# No number is more likely than another.
FACTS: list[tuple[Path, Any, str]] = [
    ((*NODE, "usdPerGpuHour"), 0, "leave usdPerGpuHour out for nodes that cost nothing"),
    ((*NODE, "usdPerGpuHour"), -1.5, "leave usdPerGpuHour out"),
    ((*NODE, "gpuMemoryGib"), 0, "nvidia-smi"),
    ((*NODE, "nodes"), 0, "kubectl get nodes"),
    ((*NODE, "gpusPerNode"), 32, "nvidia-smi -L"),
    (("budget", "usdPerMonth"), 0, "leave budget out for no limit"),
    (("external", "gpt", "contextLength"), 0, "leave contextLength out"),
    (("external", "gpt", "usdPerMillionTokens", "in"), -1, "leave usdPerMillionTokens out"),
    (("gateway", "custom", "rerank", "port"), 0, "kubectl get service"),
    (("models", "a", "adapters", "sql", "rank"), 0, "adapter_config.json"),
    (("models", "a", "ropeScaling", "theta"), 0, "config.json"),
    (("models", "a", "maxNumSeqs"), 0, "leave maxNumSeqs out, or write a value such as maxNumSeqs: 64"),
    (("models", "a", "concurrency"), -1, "leave concurrency out, or write a value such as concurrency: 8"),
    (("gateway", "clients", "web", "tokensPerMinute"), 0, "llm-platform client revoke"),
]


@pytest.mark.parametrize(("path", "value", "says"), FACTS, ids=lambda each: str(each))
def test_no_number_is_invented(path: Path, value: Any, says: str) -> None:
    assert says in written(path, value).write


# The section and the key as people write it, and what is said.
OTHERWISE: list[tuple[Path, Any, str]] = [
    (("models", "a", "fallback"), {"to": "gpt", "after": 30}, "did you mean afterSeconds?"),
    (("gpuPools", "l4"), {"instanceTypes": ["g6.xlarge"], "maxNodes": 3}, "did you mean max?"),
    (("gpuPools", "l4", "existing"), {"gpu": "L4", "count": 2}, "write nodes: the number"),
    (("gateway", "custom", "rerank"), {"service": "x", "url": "http://a.b:80"}, "write service, namespace and port"),
    (("gateway", "clients", "web"), {"team": "a", "rpm": 600}, "write requestsPerMinute"),
    (("gateway", "clients", "web"), {"team": "a", "tpm": 600}, "write tokensPerMinute"),
    (
        ("gateway", "clients", "web"),
        {"team": "a", "requestsPerSecond": 1},
        "write requestsPerMinute: 60",
    ),
    (
        ("models", "a", "ropeScaling"),
        {"factor": 4, "original_max_position_embeddings": 32768},
        "did you mean original?",
    ),
]


@pytest.mark.parametrize(("path", "section", "says"), OTHERWISE, ids=lambda each: str(each))
def test_a_key_by_the_name_that_others_give_it_is_answered_with_ours(
    path: Path, section: dict[str, Any], says: str
) -> None:
    *_, key = section
    platform = json.loads(json.dumps(OWN))
    inner = platform
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = inner.get(path[-1], {}) | section
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform=platform, region="us-east-1")
    assert any(each.path == ".".join((*path, key)) and says in each.got for each in caught.value.mistakes)


@pytest.mark.parametrize(
    ("typed", "write"),
    [
        ("tools/rerank", "write service: rerank, and namespace: tools beside it"),
        ("rerank.tools", "write, for example, service: rerank, and namespace: tools beside it"),
        ("rerank.tools.svc.cluster.local", "write, for example, service: rerank, and namespace: tools beside it"),
        ("Rerank", "write service: rerank"),
    ],
)
def test_a_service_with_a_namespace_is_answered_with_both_keys(typed: str, write: str) -> None:
    assert written(("gateway", "custom", "rerank", "service"), typed).write == write


@pytest.mark.parametrize(("key", "rate", "write"), [("requests", 5, 300), ("tokens", 0.5, 30)])
def test_a_rate_per_second_is_answered_with_that_per_minute(key: str, rate: float, write: int) -> None:
    found = written(("gateway", "clients", "shop", f"{key}PerSecond"), rate)
    assert found.got == f"unknown key; write {key}PerMinute: {write}"


def test_a_server_named_with_its_namespace_alone_is_answered_with_both() -> None:
    found = written(("gateway", "custom", "rerank"), "tools/rerank")
    assert found.write == "write rerank: {service: rerank}, with namespace: tools in it"


def test_a_server_beside_the_models_in_the_list_of_models_is_answered_with_its_own_list() -> None:
    gateway = {"custom": {"whisper": {"service": "whisper"}}, "clients": {"batch": {"models": ["a", "whisper"]}}}
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform=OWN | {"gateway": gateway}, region=None)
    (found,) = caught.value.mistakes
    assert found.path == "gateway.clients.batch.models[1]"
    assert found.write == "write clients.batch.custom: [whisper] and leave it out here"


def test_a_class_without_its_kind_is_answered_with_the_kind() -> None:
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform=OWN | {"cache": {"storageClass": "longhorn"}}, region=None)
    assert [each.write for each in caught.value.mistakes] == ["write kind: storageClass"]


def test_a_provider_key_with_a_namespace_is_answered_with_a_secret_of_the_stack() -> None:
    write = written(("external", "gpt", "keySecret"), "llm/openai").write
    assert write.startswith("write keySecret: externalKey-gpt; it is a secret of the stack")


@pytest.mark.parametrize(
    "key", ["3f2a9c0b7d1e4f5a8b6c2d3e4f5a6b7c", "sk-abc123", "gsk_Ab12", 12345678901234567890, "abc/Def_1"]
)
@pytest.mark.parametrize(
    ("path", "write"),
    [
        ("external.gpt.keySecret", "write keySecret: externalKey-gpt"),
        ("external.Big_GPT.keySecret", "write keySecret: externalKey-big-gpt"),
    ],
)
def test_a_key_typed_as_the_name_of_its_secret_is_neither_shown_nor_written(path: str, write: str, key: Any) -> None:
    found = written(tuple(path.split(".")), key)
    assert str(key) not in f"{found.got}{found.write}"
    assert found.write.startswith(write)
    assert "not shown" in found.got


def test_a_key_typed_in_the_list_of_numbers_of_keys_is_not_shown() -> None:
    for path in (("gateway", "engineKeys"), ("gateway", "clients", "shop", "keys")):
        platform = {**OWN, "gateway": {"engineKeys": [1], "clients": {"shop": {"keys": [1]}}}}
        section: Any = platform
        for part in path[:-1]:
            section = section[part]
        for typed in (["3f2a9c0b7d1e4f5a8b6c2d3e4f5a6b7c"], "3f2a9c0b7d1e4f5a8b6c2d3e4f5a6b7c", [12345678901234567890]):
            section[path[-1]] = typed
            with pytest.raises(BadStackFile) as caught:
                load_config(stack="dev", platform=platform, region="us-east-1")
            said = str(caught.value)
            assert "3f2a9c0b" not in said
            assert "1234567890" not in said


OTHER_DISTRIBUTION = "leave distribution out for one that isn't among these: a plan asks for what it needs to know"
FAMILY = "leave {} out, and the parser of the model's family reads its {}"


@pytest.mark.parametrize(
    ("path", "typed", "write"),
    [
        (
            ("budget", "usdPerMonth"),
            "<our limit>",
            "write the highest bill that you accept, or leave budget out for no limit",
        ),
        (("models", "a", "rollout", "strategy"), "carefully", "write, for example, strategy: recreate"),
        (("cluster", "existing", "distribution"), "K3S", "write distribution: k3s"),
        (("cluster", "existing", "distribution"), "rancher", "write distribution: rke2"),
        (("cluster", "existing", "distribution"), "Rancher RKE2", "write distribution: rke2"),
        (("cluster", "existing", "distribution"), "OCP", "write distribution: openshift"),
        (("cluster", "existing", "distribution"), "microk8s", OTHER_DISTRIBUTION),
        (("cluster", "existing", "distribution"), "k0s", OTHER_DISTRIBUTION),  # k3s is similar, and another one
        (("gateway", "expose"), "internet", "write expose: public"),  # and not internal, which is similar
        (("gateway", "expose"), "private", "write expose: internal"),
        (("addons", "prometheus"), "external", "write prometheus: existing"),
        (("cache", "kind"), "hostPath", "write kind: node"),
        (("models", "a", "kvCacheDtype"), "fp8_e5m2", "write kvCacheDtype: fp8"),
        (("models", "a", "kvCacheDtype"), "bfloat16", "write kvCacheDtype: auto"),
        (("models", "a", "engine"), "text-generation-inference", "write engine: tgi"),
        (("models", "a", "task"), "text-generation", "write task: chat"),
        (("models", "a", "toolCalling"), True, FAMILY.format("toolCalling", "tool calls")),
        (("models", "a", "reasoning"), True, FAMILY.format("reasoning", "thoughts")),
        (("models", "a", "reasoning"), False, 'write reasoning: "off"'),
        (("models", "a", "maxModelLen"), "32k", "write maxModelLen: 32768"),
        (("models", "a", "gpus"), "enough", "write, for example, gpus: 1"),
    ],
)
def test_what_was_typed_is_written_better_and_an_example_is_called_one(path: Path, typed: Any, write: str) -> None:
    assert written(path, typed).write == write


@pytest.mark.parametrize("typed", ["K3S", "microk8s"])
def test_a_mistyped_word_brings_no_second_mistake_of_what_it_decides(typed: str) -> None:
    platform = {
        "cluster": {"existing": {"context": "own", "distribution": typed}},
        "models": {"a": {"model": "llama3.2:1b", "engine": "ollama", "gpus": 0}},
        "gateway": {"domain": "llm.example.com"},
    }
    with pytest.raises(BadStackFile) as caught:
        load_config(stack="dev", platform=platform, region=None)
    assert [each.path for each in caught.value.mistakes] == ["cluster.existing.distribution"]


@pytest.mark.parametrize(
    ("key", "typed", "begins"),
    [
        ("toolCalling", "llama", "did you mean llama3_json or llama4_json or llama4_pythonic? Else write off, or one"),
        ("toolCalling", "hermes2", "did you mean hermes? Else write off, or one of"),
        ("toolCalling", "auto", "leave toolCalling out for the parser of the model's family, or write off, or one of"),
        ("reasoning", "high", "write off, or one of"),
    ],
)
def test_a_parser_is_one_of_the_family_that_was_typed(key: str, typed: str, begins: str) -> None:
    assert written(("models", "a", key), typed).write.startswith(begins)


@pytest.mark.parametrize(
    ("path", "typed", "got"),
    [
        (("gpuPools", "l4", "existing", "max"), 3, "write max beside existing, and not in it"),
        (("gpuPools", "l4", "existing", "capacity"), "spot", "leave it out: nodes that exist are as they are"),
        (("gpuPools", "l4", "existing", "gpus"), 4, "write gpusPerNode"),
        (("gpuPools", "l4", "existing", "taints"), [], "write tolerations"),
        (("gpuPools", "l4", "existing", "type"), "L40S", "write gpu"),
        (("models", "a", "tensorParallelSize"), 4, "write gpus"),
        (("models", "a", "contextLength"), 8192, "write maxModelLen"),
        (("models", "a", "disabled"), True, "write paused: true for a model without a pod"),
        (("models", "a", "minReplicas"), 1, "write replicas: {min: ..., max: ...}"),
        (("models", "a", "instanceType"), "g6.xlarge", "write pool: NAME, and gpuPools.NAME.instanceTypes"),
        (("budget", "limit"), 3000, "write usdPerMonth"),
        (("budget", "usdPerYear"), 36000, "write usdPerMonth, and a twelfth of the number"),
    ],
)
def test_a_key_with_another_name_here_is_called_by_it(path: Path, typed: Any, got: str) -> None:
    assert written(path, typed).got == f"unknown key; {got}"
