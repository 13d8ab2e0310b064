"""What to write where the value can't be guessed from what was typed."""

import math
import re
from collections.abc import Mapping
from typing import Any

from infra.settings.meant import meant
from infra.settings.mistakes import Key
from infra.settings.schema import Schema, example, flow, forms
from infra.settings.types import SECRET_NAME

# Facts about what exists, and limits that are a decision: no number is more likely than another.
_FACTS = {
    "gpusPerNode": "write gpusPerNode: the GPUs of one node, as many as `nvidia-smi -L` lists there, and not those of"
    " all nodes",
    "nodes": "write nodes: N, as many as `kubectl get nodes` lists with the labels of the selector",
    "gpuMemoryGib": "write the memory of one GPU, the MiB of `nvidia-smi --query-gpu=memory.total --format=csv` divided"
    " by 1024, or leave gpuMemoryGib out for a kind of GPU that is known here",
    "usdPerGpuHour": "leave usdPerGpuHour out for nodes that cost nothing or whose price you don't know: the bill"
    " doesn't count nodes without a price",
    "usdPerMonth": "write the highest bill that you accept, or leave budget out for no limit",
    "contextLength": "write the provider's limit of tokens, or leave contextLength out",
    "rank": "write `r` of its adapter_config.json, or leave rank out",
    "original": "write original_max_position_embeddings of its config.json, or leave original out for Qwen2.5 and"
    " Qwen3",
    "theta": "write rope_theta of its config.json, or leave theta out for Qwen2.5 and Qwen3",
    "port": "write the port that `kubectl get service` lists for it",
    "distribution": "leave distribution out for one that isn't among these: a plan asks for what it needs to know",
    "in": "write the provider's price, or leave usdPerMillionTokens out",
    "out": "write the provider's price, or leave usdPerMillionTokens out",
}
# Words of a list that are a key today.
_ELSEWHERE = {
    (
        "sources",
        "dcgm",
    ): "write addons: {dcgmExporter: install}, or existing on a cluster that has it, and leave it out here"
}
# Keys that name a parser: what a yes to it, or a no, stands for.
_PARSERS = {"toolCalling": "tool calls", "reasoning": "thoughts"}
# A key of another way to write the same section -> why it is none there.
_NOT_THERE: Mapping[Key, str] = {
    (
        "cluster",
        "existing",
        "nodeScaler",
    ): "unknown key; only a new cluster gets Karpenter, by cluster.create.nodeScaler."
    " Here write existing: {gpu: ..., selector: ...} for nodes of a NodePool that the cluster has, or instanceTypes for"
    " node groups"
}
# What a client with nothing asks for.
_STOPPED = "to stop a client: llm-platform client revoke"
_NOTHING = {"keys": "write keys: [1], or leave keys out"} | dict.fromkeys(
    ("requestsPerMinute", "tokensPerMinute", "concurrentRequests"), _STOPPED
)
_IN_A_NAMESPACE = re.compile(r"([a-z0-9-]+)/([a-z0-9.-]+)")  # as controllers write the name of an object
_HOST = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)(\.svc(\.cluster\.local)?)?")
_PER_SECOND = re.compile(r"(requests|tokens)PerSecond")
_MANY = 1_000_000  # per second: no rate


def instead_of_number(leaf: str, value: Any, node: Schema, *, required: bool) -> str | None:
    """Of a number out of its range, or an empty list; None: what was typed says what to write."""
    if leaf in _NOTHING and value in (0, []):
        return _NOTHING[leaf]
    if isinstance(value, bool) and leaf in _PARSERS:
        read = f"leave {leaf} out, and the parser of the model's family reads its {_PARSERS[leaf]}"
        return read if value else f'write {leaf}: "off"'
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if leaf in _FACTS:
        return _FACTS[leaf]
    if value > 0 or required or leaf.isdecimal() or meant(leaf, value, node) is not None:
        return None
    return f"leave {leaf} out, or write a value such as {leaf}: {flow(example(node))}"


def instead_of_nothing(leaf: str) -> str | None:
    """Of a text that says nothing of the number that it stands for."""
    return _FACTS.get(leaf)


def instead_of_word(key: Key, value: Any) -> str | None:
    """Of a word of a list that is written elsewhere."""
    return _ELSEWHERE.get((str(key[-2]), value)) if len(key) > 1 and isinstance(value, str) else None


def instead_of_key(key: Key) -> str | None:
    """Of a key that is known elsewhere, and can't be what it says here."""
    return _NOT_THERE.get(key)


def of_another_namespace(leaf: str, value: Any, node: Schema, platform: Mapping[str, Any]) -> str:
    """Where the Secret or Service has to be whose name was written with a namespace."""
    found = _IN_A_NAMESPACE.fullmatch(value.strip()) if isinstance(value, str) else None
    host = _HOST.fullmatch(value.strip()) if isinstance(value, str) else None
    if leaf == "service" and (found or host):
        return f", and namespace: {found[1] if found else host[2] if host else ''} beside it"
    if found and any({"service", "namespace"} <= form.get("properties", {}).keys() for form in forms(node)):
        return f", with namespace: {found[1]} in it"
    if leaf == "keySecret" and found:
        return "; it is a secret of the stack, set with `pulumi config set --secret`, and not one of the cluster"
    if found is None or not any(_names_a_secret(form) for form in forms(node)):
        return ""
    section = platform.get("namespace")
    name = section.get("name") if isinstance(section, Mapping) else section
    theirs = name if isinstance(name, str) else "llm"
    here = "" if theirs == found[1] else ": put a copy of the Secret there"
    return f"; it is read in the models' namespace, {theirs}{here}"


def _names_a_secret(form: Schema) -> bool:
    """Also a section of which the name is the only required key."""
    name = form.get("properties", {}).get("name")
    return form.get("title") == SECRET_NAME or (name is not None and name.get("title") == SECRET_NAME)


def per_minute(key: str, value: Any) -> str | None:
    """A rate that was given per second: the key that is known, with the number that it then has."""
    rate = _PER_SECOND.fullmatch(key)
    if rate is None or isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MANY:
        return None
    return f"unknown key; write {rate[1]}PerMinute: {math.ceil(60 * value)}"
