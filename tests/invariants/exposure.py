"""Rules 7 to 9: secrets, what pods may do, what is reachable."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.container import BUCKET, COMPILED
from infra.engines import ENGINES
from infra.offline import Planned
from infra.recording import SECRET as MASKED
from infra.recording import Recorded, Recording
from tests.invariants.reading import (
    INGRESS,
    NETWORK_POLICY,
    RELEASE,
    SECRET,
    SERVICE,
    SERVICE_MONITOR,
    SUBNET,
    Pod,
    others,
    pods,
    proxies,
    servers,
    walk,
)

# Hugging Face, OpenAI, AWS, GitHub, PEM: what a credential looks like.
_CREDENTIAL = re.compile(
    r"\bhf_\w{10,}|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}|\bgh[pousr]_\w{20,}|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_SECRET_NAME = re.compile(
    r"(password|passwd|token|secret|credentials?|(api|access|private|secret)[_-]?key)$", re.IGNORECASE
)
_TOKEN_SECRET = "huggingface-token"
_TOKEN_VARIABLES = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN"}
_DNS_PORT = 53


def secrets_stay_secret(planned: Planned) -> list[str]:
    """Rule 7. No literal secrets; only Jobs get the hub's token; servers read the cache and nothing else."""
    recording = planned.recording
    broken = [
        f"{made.name}: {path} is a credential in plain text"
        for made in recording.resources
        for path, value in walk(made.inputs)
        if isinstance(value, str)
        and (_CREDENTIAL.search(value) or (_named_secret(made, path) and value not in ("", MASKED)))
    ]
    broken += [
        f"output {path} is a credential in plain text"
        for path, value in walk(recording.outputs)
        if isinstance(value, str) and (_CREDENTIAL.search(value) or (path == "api_key" and value != MASKED))
    ]
    foreign = others(recording)
    for pod in pods(recording):
        if pod in foreign and _TOKEN_SECRET in _secrets_of(pod):
            broken.append(f"{pod.name}: sees the hub's token, which is for downloads of models")
        broken += [
            f"{pod.name}: variable {name} is a credential in plain text"
            for name, value in pod.variables
            if isinstance(value, str) and _SECRET_NAME.search(name)
        ]
        broken += [f"{pod.name}: {flag} shows a credential to whoever lists processes" for flag in _key_flags(pod)]
    for server in servers(recording):
        if _TOKEN_SECRET in _secrets_of(server) or _TOKEN_VARIABLES & server.environment.keys():
            broken.append(f"{server.name}: a server sees the hub's token")
        broken += _online(recording, server)
    return broken


def pods_are_restricted(planned: Planned) -> list[str]:
    """Rule 8. Pod Security `restricted`, no service-account token, resources, pinned images."""
    every = pods(planned.recording)
    broken = [f"{pod.name}: {each}" for pod in every for each in _unrestricted_pod(pod.spec)]
    broken += [
        f"{pod.name}/{c['name']}: {each}" for pod in every for c in pod.containers for each in _unrestricted(c, pod)
    ]
    broken += [
        f"{r.name}: the chart has no version" for r in planned.recording.of(RELEASE) if not r.inputs.get("version")
    ]
    return broken


def _only_tls(service: Recorded, recording: Recording) -> bool:
    """Whether it leads to the gateway's pods, at their port with TLS alone."""
    spec = service.inputs["spec"]
    there = [pod for pod in proxies(recording) if pod.template["metadata"]["labels"] == spec["selector"]]
    mounted = all("secretName" in str(pod.spec["volumes"]) for pod in there)
    return bool(there) and mounted and [port["targetPort"] for port in spec["ports"]] == ["https"]


def only_the_gateway_is_reachable(planned: Planned) -> list[str]:
    """Rule 9. From outside every way leads to the gateway, and inside only the gateway reaches the models."""
    recording = planned.recording
    broken = [
        f"{service.name}: type {service.inputs['spec']['type']} opens every path"
        for service in recording.of(SERVICE)
        if service.inputs["spec"].get("type", "ClusterIP") != "ClusterIP" and not _only_tls(service, recording)
    ]
    for ingress in recording.of(INGRESS):
        broken += [f"{ingress.name}: {each}" for each in _beside_the_gateway(ingress, recording)]
    for server in servers(recording):
        broken += [f"{server.name}: {each}" for each in _open(server, recording)]
    return broken


def _beside_the_gateway(ingress: Recorded, recording: Recording) -> Iterator[str]:
    spec = ingress.inputs["spec"]
    if "defaultBackend" in spec:
        yield "a default backend takes every host"
    yield from (f"{key} goes round the gateway" for key in ingress.inputs["metadata"]["annotations"] if _rewrites(key))
    for rule in spec["rules"]:
        if not rule.get("host"):
            yield "no host, so every host"
        for path in rule["http"]["paths"]:
            service = path["backend"]["service"]["name"]
            if not _leads_to_the_gateway(service, recording):
                yield f"{service} isn't the gateway"


def _leads_to_the_gateway(service: str, recording: Recording) -> bool:
    found = [each.inputs["spec"] for each in recording.of(SERVICE) if each.inputs["metadata"]["name"] == service]
    labels = [pod.template["metadata"]["labels"].items() for pod in proxies(recording)]
    return bool(found) and all(any(each["selector"].items() <= its for its in labels) for each in found)


def _open(server: Pod, recording: Recording) -> Iterator[str]:
    """Ways to its pods beside the gateway's pods and the namespace of monitoring."""
    policies = [each.inputs["spec"] for each in recording.of(NETWORK_POLICY) if _selects(each, server)]
    if not any("Ingress" in each["policyTypes"] for each in policies):
        yield "no NetworkPolicy keeps others from it"
    monitors = {each.inputs["metadata"].get("namespace") for each in recording.of(SERVICE_MONITOR)}
    for peer in (peer for each in policies for rule in each.get("ingress", []) for peer in rule.get("from", [{}])):
        if "ipBlock" in peer or not (_is_the_gateway(peer, recording) or _is_one_namespace(peer)):
            yield f"lets in {peer or 'everybody'} beside the gateway"
        elif _is_one_namespace(peer) and not monitors:
            yield f"lets in {peer}, and nothing scrapes it"


def _is_the_gateway(peer: Mapping[str, Any], recording: Recording) -> bool:
    labels = peer.get("podSelector", {}).get("matchLabels", {}).items()
    return bool(labels) and any(labels <= pod.template["metadata"]["labels"].items() for pod in proxies(recording))


def _is_one_namespace(peer: Mapping[str, Any]) -> bool:
    return "kubernetes.io/metadata.name" in peer.get("namespaceSelector", {}).get("matchLabels", {})


def _named_secret(made: Recorded, path: str) -> bool:
    """A value under a name such as `password`; in a Secret, every value. `existingSecret` is the name of one."""
    if made.type == SECRET:
        return path.startswith(("stringData.", "data."))
    named = _SECRET_NAME.search(path.removesuffix("existingSecret"))
    return made.type == RELEASE and path.startswith("values.") and bool(named)


def _key_flags(pod: Pod) -> list[str]:
    return [a for a in pod.arguments if a.startswith("--") and _SECRET_NAME.search(a.split("=")[0])]


def _secrets_of(pod: Pod) -> set[str]:
    """The names of the Secrets that a pod uses, in variables and volumes."""
    return {
        value
        for path, value in walk(pod.spec)
        if path.endswith(("secretKeyRef.name", "secretRef.name", "secret.secretName", "secret.name"))
    }


def _to_own_pods(rule: Mapping[str, Any]) -> bool:
    """Of the same namespace, by their labels."""
    peers = rule.get("to", [])
    return bool(peers) and all(peer.get("podSelector", {}).get("matchLabels") and len(peer) == 1 for peer in peers)


def _online(recording: Recording, server: Pod) -> list[str]:
    """What lets a server go to the internet, or write to the weights: what it compiles has a separate folder. One that
    streams its weights from a bucket mounts none, and has a way to the bucket and to the agent that gives it
    credentials."""
    broken = []
    (container,) = server.spec["containers"]
    streams = any(argument.startswith("s3://") for argument in server.arguments)
    allowed = {_DNS_PORT, 443, 80} if streams else {_DNS_PORT}
    if ENGINES[container["name"]].library is None and server.environment.get("HF_HUB_OFFLINE") != "1":
        broken.append(f"{server.name}: HF_HUB_OFFLINE isn't 1")
    claims = {v["name"] for v in server.spec["volumes"] if "persistentVolumeClaim" in v}
    mounts = [m for c in server.containers for m in c["volumeMounts"] if m["name"] in claims]
    if bool(mounts) == streams or not all(m.get("readOnly") or m.get("subPath") == COMPILED for m in mounts):
        broken.append(f"{server.name}: the cache isn't mounted read-only")
    policies = [p.inputs["spec"] for p in recording.of(NETWORK_POLICY) if _selects(p, server)]
    if not any("Egress" in p["policyTypes"] for p in policies):
        broken.append(f"{server.name}: no NetworkPolicy keeps it from the internet")
    elsewhere = [rule for p in policies for rule in p["egress"] if not _to_own_pods(rule)]
    for port in (port for rule in elsewhere for port in rule.get("ports", [{}])):
        if port.get("port") not in allowed:
            broken.append(f"{server.name}: may send to port {port.get('port', 'any')}")
    return [*broken, *_past_the_endpoint(recording, server, elsewhere)]


def _past_the_endpoint(recording: Recording, server: Pod, egress: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where the network has its own addresses for the bucket that is the cache, servers reach no others."""
    ranges = {each.inputs["cidrBlock"] for each in recording.of(SUBNET) if each.name.startswith("network-s3-")}
    if not ranges or not any(f"$({BUCKET})" in argument for argument in server.arguments):
        return
    peers = [peer for rule in egress if {"port": 443, "protocol": "TCP"} in rule["ports"] for peer in rule["to"]]
    if {peer["ipBlock"]["cidr"] for peer in peers} != ranges:
        yield f"{server.name}: reaches other addresses than those of the bucket's endpoint"


def _selects(policy: Recorded, pod: Pod) -> bool:
    return policy.inputs["spec"]["podSelector"]["matchLabels"].items() <= pod.template["metadata"]["labels"].items()


def _unrestricted_pod(spec: Mapping[str, Any]) -> Iterator[str]:
    context = spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser") == 0:
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield "gets a service-account token that it doesn't use"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{key} is on"
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        yield "mounts a path of the node"


def _unrestricted(container: Mapping[str, Any], pod: Pod) -> Iterator[str]:
    context, resources = container.get("securityContext", {}), container.get("resources", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "writes to its own image"
    missing = {"requests.cpu", "requests.memory", "limits.memory"} - {path for path, _ in walk(resources)}
    if missing:
        yield f"no {', '.join(sorted(missing))}"
    image, _, digest = container["image"].partition("@")
    tag = image.rpartition("/")[2].partition(":")[2]
    if not digest and tag in ("", "latest"):
        yield f"{container['image']} isn't pinned"


def _rewrites(annotation: str) -> bool:
    return bool(re.search(r"(/actions\.|rewrite-target|use-regex|-snippet$)", annotation))
