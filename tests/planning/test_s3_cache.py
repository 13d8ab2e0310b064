"""`cache: {kind: s3}`: a bucket that downloads fill and servers stream from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.aws.weights_bucket import COMPILED_DAYS
from infra.engines.hub import bucket_fetch
from tests.conftest import HANGS_SECONDS
from tests.example_stacks import planned
from tests.invariants.reading import Pod, jobs, servers
from tests.planning.stacks import CATALOG, DEV, plan

S3 = plan({**DEV, "cache": {"kind": "s3"}})
SITE = planned("s3-cache").recording
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def test_nothing_is_mounted_and_the_bucket_has_no_size() -> None:
    assert (S3.cache.size_gib, S3.cache.streamed, S3.cache.one_reader) == (0, True, False)
    assert SITE.of("kubernetes:core/v1:PersistentVolumeClaim") == []


@pytest.mark.parametrize("pod", [*servers(SITE), *jobs(SITE)], ids=lambda pod: pod.name)
def test_a_server_streams_what_its_job_has_put_there(pod: Pod) -> None:
    """Kubernetes puts a variable into arguments that stands before them in the container's environment."""
    (container,) = pod.spec["containers"]
    assert {"name": "WEIGHTS_BUCKET", "value": "${weights-bucket.bucket}"} in container["env"]
    model = planned("s3-cache").plan.models[pod.name.removesuffix("-prefetch")]
    prefix = f"hf/{model.model}/{model.revision or 'main'}"
    said = f"s3://$(WEIGHTS_BUCKET)/{prefix}"
    assert said in pod.arguments if pod.name == model.name else prefix in pod.arguments


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (
            "llama-8b-bucket",
            {
                f"hf/{LLAMA}/main/*": {"s3:ListBucket", "s3:GetObject"},
                f"compiled/{LLAMA}/main/*": {"s3:GetObject", "s3:PutObject"},
            },
        ),
        ("weights-filled", {"*": {"s3:ListBucket", "s3:PutObject", "s3:AbortMultipartUpload"}}),
    ],
)
def test_servers_reach_their_own_prefixes_and_downloads_only_add(role: str, rights: dict[str, set[str]]) -> None:
    (made,) = [each for each in SITE.of(POLICY) if each.name == f"{role}-policy"]
    found: dict[str, set[str]] = {}
    for each in json.loads(made.inputs["policy"])["Statement"]:
        listed = each.get("Condition", {}).get("StringLike", {}).get("s3:prefix", "*")
        below = each["Resource"].removeprefix("${weights-bucket.arn}").removeprefix("/") or listed
        actions = [each["Action"]] if isinstance(each["Action"], str) else each["Action"]
        found.setdefault(below, set()).update(actions)
    assert found == rights


def test_what_servers_compiled_is_replaced_by_nobody_and_goes_in_time() -> None:
    """A server that somebody took over can't change what other servers unpack."""
    (policy,) = SITE.of("aws:s3/bucketPolicy:BucketPolicy")
    _, kept = json.loads(policy.inputs["policy"])["Statement"]
    assert (kept["Effect"], kept["Principal"], kept["Action"]) == ("Deny", "*", "s3:PutObject")
    assert kept["Resource"] == "${weights-bucket.arn}/compiled/*"
    assert kept["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    (lifecycle,) = SITE.of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    removed = {
        each["filter"].get("prefix"): each["expiration"] for each in lifecycle.inputs["rules"] if "expiration" in each
    }
    assert removed == {"compiled/": {"days": COMPILED_DAYS}}
    assert f"after {COMPILED_DAYS} days" in Path("docs/platform/cache.md").read_text()


def test_what_keeps_it_reaches_the_bucket_and_mounts_nothing_of_a_claim() -> None:
    for pod in servers(SITE):
        (beside,) = [each for each in pod.spec["initContainers"] if each["name"] == "compiled"]
        model = planned("s3-cache").plan.models[pod.name]
        assert f"s3://$(WEIGHTS_BUCKET)/compiled/{model.model}/{model.revision or 'main'}" in beside["command"]
        assert {"name": "WEIGHTS_BUCKET", "value": "${weights-bucket.bucket}"} in beside["env"]
        assert {each["name"] for each in beside["volumeMounts"]} == {"home", "tmp"}


def test_the_bucket_is_protected_with_its_stack_and_closed_to_everybody() -> None:
    (bucket,) = SITE.of("aws:s3/bucket:Bucket")
    assert (bucket.options["protect"], bucket.inputs["forceDestroy"]) == (True, False)
    (closed,) = SITE.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert {value for key, value in closed.inputs.items() if key != "bucket"} == {True}


def test_weights_come_at_the_speed_of_the_streamer_or_of_the_network_and_are_billed_by_their_size() -> None:
    model = S3.models["qwen3-8b"]
    part, gib = model.cold_start.parts["weights"], model.weights_on_disk_gib
    slowest = min(each.network_gbps or 0.0 for each in S3.pools["l4"].types) * 1e9 / 8 / 2**20
    limits = (CATALOG.cold_start[name].value for name in ("stream-s3", "stream-endpoint"))
    assert part.mid == pytest.approx(gib * 1024 / min(slowest, *limits))
    (item,) = [each for each in S3.cost.items if each.name == "S3"]
    assert item.min == pytest.approx(gib * 0.023)


def test_a_cluster_that_exists_gets_the_bucket_and_the_plan_says_what_it_needs() -> None:
    eks = {"existing": {"eks": "shared", "version": "1.35", "zones": ["use1-az1", "use1-az2"]}}
    there = plan({**DEV, "cluster": eks, "cache": {"kind": "s3"}})
    assert (there.violations, there.cache.storage, there.cache.streamed) == ((), S3.cache.storage, True)
    said = {each.path: each.message for each in there.to_do}
    assert "create-addon --addon-name eks-pod-identity-agent --cluster-name shared" in said["cluster.existing.eks"]
    assert "com.amazonaws.us-east-1.s3" in said["cache.kind"]
    assert "cache.kind" not in {each.path for each in S3.to_do}, "a network that we make has the endpoint"


# The libraries of the image, as far as the script asks them: a repository of four files, of which the bucket has what
# the test says. An upload is as long as the test lets it be.
LIBRARIES = {
    "requests.py": """
import contextlib, io
@contextlib.contextmanager
def get(url, headers, stream, timeout):
    assert headers == {"authorization": "Bearer x", "Accept-Encoding": "identity"}, "a packed answer is stored packed"
    class Answer:
        raw = io.BytesIO(url.encode())
        raise_for_status = staticmethod(lambda: None)
    yield Answer
""",
    "boto3/__init__.py": """
import json, os
class client:
    def __init__(self, name): self.there = json.loads(os.environ["THERE"])
    def get_paginator(self, name): return self
    def paginate(self, Bucket, Prefix):
        assert Bucket == "weights-1"
        yield {"Contents": [{"Key": key, "Size": size} for key, size in self.there.items() if key.startswith(Prefix)]}
    def put_object(self, Bucket, Key, Body): print("marked", Key)
    def upload_fileobj(self, body, bucket, key, Config, Callback):
        Callback(1)
        self.there[key] = int(os.environ["ARRIVES"])
        print(bucket, key, body.read().decode())
""",
    "boto3/s3/__init__.py": "",
    "boto3/s3/transfer.py": "TransferConfig = dict",
    "huggingface_hub/__init__.py": """
class HfApi:
    def model_info(self, repository, revision, files_metadata):
        class File:
            def __init__(self, name): self.rfilename, self.size = name, 2
        class Info:
            siblings = [File(n) for n in ("config.json", "half.safetensors", "old.gguf", "more.safetensors")]
            sha = "c0ffee"
        return Info
def hf_hub_url(repository, name, revision): return f"{repository}@{revision}:{name}"
""",
    "huggingface_hub/utils.py": "build_hf_headers = lambda: {'authorization': 'Bearer x'}",
}
SENT = [
    f"weights-1 hf/acme/support/PREFIX/{name} acme/support@c0ffee:{name}"
    for name in ("half.safetensors", "more.safetensors")
]
MARK = "marked commits/hf/acme/support/main/c0ffee"


@pytest.mark.programs
@pytest.mark.parametrize(
    ("revision", "commits", "arrives", "said", "last"),
    [
        ("c0ffee", [], 2, SENT, ""),
        ("main", [], 2, [MARK, *SENT], ""),
        ("main", ["c0ffee"], 2, [MARK, *SENT], ""),
        ("main", ["0ld"], 2, [], "main of acme/support has moved since the bucket was filled: write revision: c0ffee"),
        ("c0ffee", [], 1, SENT, "the bucket has 1 of 2 bytes of half.safetensors: run `pulumi up` again"),
    ],
    ids=["a commit", "a branch", "a branch that stays", "a branch that has moved", "a file that came short"],
)
def test_what_the_bucket_lacks_is_sent_to_it_whole_and_of_one_commit(
    tmp_path: Path, revision: str, commits: list[str], arrives: int, said: list[str], last: str
) -> None:
    for name, text in LIBRARIES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    fetch, prefix = bucket_fetch("acme/support", revision), f"hf/acme/support/{revision}"
    there = {f"{prefix}/config.json": 2, f"{prefix}/half.safetensors": 1}
    there |= {f"commits/{prefix}/{each}": 0 for each in commits}
    sent = tmp_path / "sent"
    words = [{"$(WEIGHTS_BUCKET)": "weights-1", fetch.directory: str(sent)}.get(each, each) for each in fetch.command]
    done = subprocess.run(
        [sys.executable, *words[1:]],
        env={"PYTHONPATH": str(tmp_path), "THERE": json.dumps(there), "ARRIVES": str(arrives)},
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (1 if last else 0, last)
    assert done.stdout.splitlines() == [each.replace("PREFIX", revision) for each in said]
    assert sent.is_dir()  # by its time the watch sees that parts go out
