"""`llm-platform model`: a repository of a hub or a folder of it, read into the lock; and each way in which it can't."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from huggingface_hub import constants

from infra.models import hub as hub_module
from infra.models.lock import NAME, BadLock, read_lock
from tests.cli.running import run
from tests.models.fake_hub import COMMIT, FakeHub, Repository, running, safetensors
from tests.models.families import read

MODEL = "acme/support-8b"
TOKEN = "hf_" + "a" * 34  # looks like one, and is none
GIB = 2**30
CONFIG = json.dumps(read("meta-llama/Llama-3.1-8B")).encode()
ONE = {
    "config.json": CONFIG,
    "model.safetensors": safetensors({"model.embed_tokens.weight": ("BF16", [4, GIB // 4], 2 * GIB)}),
}
SHARDS = {
    "config.json": CONFIG,
    "model.safetensors.index.json": json.dumps(
        {"metadata": {"total_size": 1}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    ).encode(),
    "model-1.safetensors": safetensors({"a": ("F8_E4M3", [2, GIB], 2 * GIB), "a_scale": ("F32", [2, 8], 64)}),
    "model-2.safetensors": safetensors({"b": ("BF16", [GIB // 2, 1], GIB)}),
    "consolidated.safetensors": safetensors({"c": ("BF16", [GIB, 4], 8 * GIB)}),
}
FP8 = {
    **read("meta-llama/Llama-3.1-8B"),
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with running() as fake:
        monkeypatch.setattr(constants, "ENDPOINT", fake.url)
        monkeypatch.setattr(hub_module, "WAIT_SECONDS", 0.0)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setenv("HF_TOKEN_PATH", "/nonexistent")
        yield fake


def add(stacks: Path, name: str = MODEL, *options: str) -> Result:
    return run("model", "add", name, "--stacks", str(stacks), *options)


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


def locked(stacks: Path, name: str = MODEL) -> dict[str, Any]:
    return tomllib.loads((stacks / NAME).read_text(encoding="utf-8"))[name]


def test_a_repository_is_read_into_the_lock_at_its_commit(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[MODEL] = Repository(ONE)
    said = add(tmp_path)
    assert said.exit_code == 0
    entry = locked(tmp_path)
    assert (entry["revision"], entry["gated"], entry["private"]) == (COMMIT, False, False)
    assert (entry["dtype"], entry["weights_gib"], entry["architecture"]) == ("bf16", 2.0, "LlamaForCausalLM")
    assert f"read {MODEL}@4f2c9d1" in said.stdout
    assert "32 heads, 8 KV heads of 128: 128 KiB of cache per token; context 131,072" in said.stdout
    assert "served by vLLM" in said.stdout
    assert f"written: {tmp_path / NAME} (1 new, 0 others as they were)" in said.stdout


def test_of_the_weights_the_headers_alone_are_read(hub: FakeHub, tmp_path: Path) -> None:
    big = ONE["model.safetensors"] + bytes(8 * 2**20)
    hub.repositories[MODEL] = Repository({**ONE, "model.safetensors": big}, elsewhere=True)
    assert add(tmp_path).exit_code == 0
    assert hub.sent < 2**20
    assert locked(tmp_path)["weights_gib"] == 2.0


def test_a_mirror_that_knows_no_ranges_is_left_once_the_header_is_there(hub: FakeHub, tmp_path: Path) -> None:
    hub.knows_ranges = False
    hub.repositories[MODEL] = Repository(ONE)
    assert add(tmp_path).exit_code == 0
    assert locked(tmp_path)["weights_gib"] == 2.0


def test_shards_are_summed_by_dtype_and_a_second_copy_is_not_counted(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[MODEL] = Repository({**SHARDS, "config.json": json.dumps(FP8).encode()})
    said = add(tmp_path)
    assert "weights 3.0 GiB in fp8 (fp8, blocks of 128)" in said.stdout
    assert "the headers of 2 file(s)" in said.stdout
    assert (locked(tmp_path)["dtype"], locked(tmp_path)["quantization_block"]) == ("fp8", 128)


@pytest.mark.parametrize(
    ("files", "said", "gib"),
    [
        ({"config.json": CONFIG}, "an estimate", 14.957),
        (
            {"config.json": CONFIG, "model.safetensors.index.json": SHARDS["model.safetensors.index.json"]},
            "the total of model.safetensors.index.json",
            0.0,
        ),
        ({"config.json": CONFIG, "pytorch_model.bin": bytes(2**20)}, "the sizes of its .bin files", 0.001),
    ],
    ids=["no weights", "an index alone", "no safetensors"],
)
def test_without_headers_the_size_is_said_to_be_from_elsewhere(
    hub: FakeHub, tmp_path: Path, files: Mapping[str, bytes], said: str, gib: float
) -> None:
    hub.repositories[MODEL] = Repository(files)
    assert f"weights: {said}" in add(tmp_path).stdout
    assert locked(tmp_path)["weights_gib"] == gib


def test_a_hub_that_is_away_for_a_moment_is_asked_again(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[MODEL] = Repository(ONE)
    hub.away = 2
    assert add(tmp_path).exit_code == 0


REFUSALS = (
    ("no such repository", None, None, 2, ["no repository that can be read without a token", "HF_TOKEN"]),
    ("private, no token", Repository(ONE, private=True, readers=(TOKEN,)), None, 2, ["no repository"]),
    (
        "gated, no token",
        Repository(ONE, gated="auto", readers=(TOKEN,)),
        None,
        2,
        ["gated", "no token is set", "licence"],
    ),
    (
        "gated, not accepted",
        Repository(ONE, gated="auto"),
        TOKEN,
        2,
        ["gated", "your token may not read it", "licence"],
    ),
    ("no config.json", Repository({"README.md": b""}), None, 2, ["config.json", "missing"]),
    ("an adapter", Repository({"adapter_config.json": b"{}"}), None, 2, ["adapter_config.json", "an adapter"]),
    ("GGUF files", Repository({"model.gguf": b""}), None, 2, ["GGUF", "Ollama"]),
    ("a broken config", Repository({"config.json": b"{"}), None, 2, ["config.json", "not JSON"]),
    ("a broken header", Repository({**ONE, "model.safetensors": b"\xff" * 64}), None, 2, ["no safetensors file"]),
    ("a pointer", Repository({**ONE, "model.safetensors": b"version https://git-lfs"}), None, 2, ["Git LFS"]),
    ("a short file", Repository({**ONE, "model.safetensors": b"abc"}), None, 2, ["too short"]),
    (
        "a shard that isn't there",
        Repository({"config.json": CONFIG, "model.safetensors.index.json": b'{"weight_map": {"a": "x.safetensors"}}'}),
        None,
        2,
        ["x.safetensors, which isn't there"],
    ),
)


@pytest.mark.parametrize(("what", "repository", "token", "code", "words"), REFUSALS, ids=[each[0] for each in REFUSALS])
def test_what_cannot_be_read_is_named_and_nothing_is_written(
    hub: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    repository: Repository | None,
    token: str | None,
    code: int,
    words: list[str],
) -> None:
    if repository is not None:
        hub.repositories[MODEL] = repository
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    said = add(tmp_path)
    assert (said.exit_code, said.stdout) == (code, "")
    flat = " ".join(said.stderr.split())
    assert all(word in flat for word in words), said.stderr
    assert TOKEN not in said.stderr
    assert not (tmp_path / NAME).exists()


def test_a_token_reads_what_is_private(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repositories[MODEL] = Repository(ONE, private=True, readers=(TOKEN,))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    said = add(tmp_path)
    assert "(private: your token may read it)" in said.stdout
    assert locked(tmp_path)["private"] is True
    assert TOKEN not in said.stdout + (tmp_path / NAME).read_text(encoding="utf-8")


def test_a_renamed_repository_is_named(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories["acme/support-9b"] = Repository(ONE)
    hub.renamed[MODEL] = "acme/support-9b"
    said = add(tmp_path)
    assert said.exit_code == 2
    assert "it is acme/support-9b now" in " ".join(said.stderr.split())
    assert not (tmp_path / NAME).exists()


def test_an_unknown_revision_is_named(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[MODEL] = Repository(ONE, revisions=("main", "v2"))
    assert add(tmp_path, f"{MODEL}@v2").exit_code == 0
    said = add(tmp_path, f"{MODEL}@v3")
    assert said.exit_code == 2
    assert f"{MODEL} has no revision v3" in " ".join(said.stderr.split())


def test_a_hub_that_stays_away_is_exit_code_3(hub: FakeHub, tmp_path: Path) -> None:
    hub.away = 100
    said = add(tmp_path)
    assert said.exit_code == 3
    assert "answered 503" in " ".join(said.stderr.split())
    assert "--from DIR" in said.stderr


def test_a_name_that_is_none_is_refused_before_anything_is_asked(hub: FakeHub, tmp_path: Path) -> None:
    copy = folder(tmp_path / "copy", ONE)
    for options in ((), ("--from", str(copy))):
        said = add(tmp_path, "acme//x y", *options)
        assert (said.exit_code, hub.asked) == (2, [])
        assert "ORG/NAME" in said.stderr
    assert not (tmp_path / NAME).exists()


def test_a_folder_is_read_as_the_repository_is(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[MODEL] = Repository(SHARDS)
    stacks = folder(tmp_path / "stacks", {})
    assert add(stacks).exit_code == 0
    of_hub = locked(stacks)
    copy = folder(tmp_path / "copy", SHARDS)
    said = add(stacks, f"{MODEL}@{COMMIT}", "--from", str(copy))
    assert said.exit_code == 0
    differing = {key for key in {*of_hub, *locked(stacks)} if of_hub.get(key) != locked(stacks).get(key)}
    assert differing == {"source", "gated", "private"}
    assert str(tmp_path) not in (stacks / NAME).read_text(encoding="utf-8")


def test_the_commit_of_a_folder_is_the_commit_that_its_download_kept(tmp_path: Path) -> None:
    snapshot = folder(tmp_path / "snapshots" / COMMIT, ONE)
    download = folder(tmp_path / "copy", ONE)
    folder(download / ".cache/huggingface/download", {"config.json.metadata": f"{COMMIT}\netag\n".encode()})
    for source in (snapshot, download):
        add(tmp_path, MODEL, "--from", str(source))
        assert locked(tmp_path)["revision"] == COMMIT


def test_the_engine_that_would_serve_it_is_said(tmp_path: Path) -> None:
    copy = folder(tmp_path / "copy", {"config.json": json.dumps(read("Qwen/Qwen3-8B")).encode()})
    assert (
        "tools: hermes; thoughts: qwen3; served by vLLM" in add(tmp_path, "acme/Qwen3-8B", "--from", str(copy)).stdout
    )
    gone = {**read("Qwen/Qwen-7B-Chat"), "architectures": ["QWenLMHeadModel"]}
    folder(copy, {"config.json": json.dumps(gone).encode()})
    assert "not served: vLLM" in add(tmp_path, "acme/old", "--from", str(copy)).stdout


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = add(tmp_path, MODEL, "--from", str(tmp_path / "nowhere"))
    assert said.exit_code == 2
    assert "no such folder" in " ".join(said.stderr.split())


def test_models_are_sorted_and_one_more_changes_no_other_line(tmp_path: Path) -> None:
    copy = folder(tmp_path / "copy", ONE)
    for name in ("b/b", "C/c", "a/a"):
        assert add(tmp_path, name, "--from", str(copy)).exit_code == 0
    text = (tmp_path / NAME).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("[")] == ['["a/a"]', '["b/b"]', '["C/c"]']
    before = text.splitlines()
    add(tmp_path, "b/bb", "--from", str(copy))
    after = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line in before or line.startswith(("[", "notes"))] != []
    assert all(line in after for line in before)


def test_an_update_shows_what_changed(hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories[MODEL] = Repository(ONE)
    add(tmp_path)
    add(tmp_path, "acme/copied", "--from", str(folder(tmp_path / "copy", ONE)))
    hub.repositories[MODEL] = Repository({**ONE, "config.json": json.dumps(FP8).encode()}, sha="9" * 40)
    said = run("model", "update", "--stacks", str(tmp_path)).stdout
    assert f"revision: {COMMIT} -> {'9' * 40}" in said
    assert "quantization_block: - -> 128" in said
    assert "acme/copied: read from a copy" in said
    assert f"{MODEL}: as it was" in run("model", "update", MODEL, "--stacks", str(tmp_path)).stdout


def test_the_list_says_where_each_fact_is_from(hub: FakeHub, tmp_path: Path) -> None:
    empty = run("model", "list", "--stacks", str(tmp_path)).stdout
    assert "no model yet" in empty
    hub.repositories[MODEL] = Repository(ONE)
    add(tmp_path)
    add(tmp_path, "acme/copied", "--from", str(folder(tmp_path / "copy", {"config.json": CONFIG})))
    said = run("model", "list", "--stacks", str(tmp_path)).stdout
    assert f"{hub.url}/{MODEL}" in said
    assert "a copy of its files" in said
    assert "about 15.0" in said
    entries = json.loads(run("model", "list", "--stacks", str(tmp_path), "--format", "json").stdout)
    assert {each["name"]: each["kv_bytes_per_token"] for each in entries} == {MODEL: 131072, "acme/copied": 131072}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('["a/b"]\nmax_context = "many"\nmodality = "text"\nsource = "x"\n', '"a/b".max_context'),
        ('["a/b"]\nmax_context = 1\nmodality = "text"\nsource = "x"\nlayer = 3\n', '"a/b".layer'),
        ('["a/b"]\nmax_context = 1\nmodality = "song"\nsource = "x"\n', '"a/b".modality'),
        ("this is no TOML", "file"),
        ("a = 1\n", "a"),
    ],
)
def test_a_lock_that_was_edited_wrongly_is_named_by_its_field(tmp_path: Path, text: str, path: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    with pytest.raises(BadLock) as bad:
        read_lock(tmp_path)
    assert [field for field, _ in bad.value.mistakes] == [path]
    for command in (["model", "list"], ["fit", "a/b"]):
        said = run(*command, "--stacks", str(tmp_path))
        assert (said.exit_code, path in said.stderr) == (2, True)
