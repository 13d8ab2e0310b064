"""The script of the Job on real directories: it finds each model's, and removes only what nothing needs."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.on_cache.inside import GONE, NEEDED, main
from tests.on_cache.tree import OLD, STORES, age, files_of, write

OLD_8B = "hf/meta-llama/Llama-3.1-8B-Instruct/0e9e39f"
NEW_8B = "hf/meta-llama/Llama-3.1-8B-Instruct/aaaaaaa"
TAG = "ollama/helper/llama3.2-3b"
ADAPTER = "adapters/chat/Qwen/Qwen3-8B/main/support"
FILES = {
    f"{OLD_8B}/model.safetensors": 1000,
    f"{OLD_8B}/.cache/huggingface/download/model.safetensors.metadata": 10,
    f"{NEW_8B}/model.safetensors": 2000,
    f"{TAG}/blobs/sha256-1": 300,
    f"{TAG}/manifests/registry.ollama.ai/library/llama3.2/3b": 1,
    f"{ADAPTER}/adapter_model.safetensors": 50,
    "hf/gpt2/refs/pr/1/model.safetensors": 7,
    "notes/readme": 5,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "models", FILES)


def look(root: Path, needed: Iterable[str] = (), remove: Mapping[str, float] | None = None) -> dict[str, Any]:
    asked = {"root": str(root), "stores": STORES, "needed": [*needed]}
    return main(asked if remove is None else {**asked, "remove": remove})


def remove(root: Path, *paths: str, needed: Iterable[str] = ()) -> dict[str, Any]:
    return look(root, needed, dict.fromkeys(paths, OLD))


def kept(root: Path, needed: Iterable[str] = ()) -> dict[str, str]:
    return {each["path"]: each["kept"] for each in look(root, needed)["models"]}


def test_each_model_is_found_with_its_size_at_whatever_depth(root: Path) -> None:
    found = {each["path"]: each["bytes"] for each in look(root)["models"]}
    assert found == {OLD_8B: 1010, NEW_8B: 2000, TAG: 301, ADAPTER: 50, "hf/gpt2/refs/pr/1": 7}
    assert [(each["path"], each["bytes"]) for each in look(root)["others"]] == [("notes", 5)]


def test_to_look_changes_nothing(root: Path) -> None:
    look(root, [OLD_8B])
    assert files_of(root) == {*FILES}


@pytest.mark.parametrize(
    ("needed", "stays"),
    [
        (OLD_8B, {OLD_8B}),
        (f"{OLD_8B}/model.safetensors", {OLD_8B}),
        ("hf/meta-llama", {OLD_8B, NEW_8B}),  # what it is in
        ("adapters/chat/Qwen/Qwen3-8B/main", {ADAPTER}),
        (".", {OLD_8B, NEW_8B, TAG, ADAPTER, "hf/gpt2/refs/pr/1"}),
        (f"{OLD_8B}-other", set[str]()),  # a name that begins alike
        ("../models/hf", {OLD_8B, NEW_8B, "hf/gpt2/refs/pr/1"}),
    ],
)
def test_what_is_needed_stays(root: Path, needed: str, stays: set[str]) -> None:
    assert {path for path, why in kept(root, [needed]).items() if why == NEEDED} == stays
    said = remove(root, *kept(root), needed=[needed])
    assert {*said["left"]} == stays
    assert {*kept(root)} == stays


def test_a_removal_leaves_no_empty_folders_and_nothing_that_is_not_a_model(root: Path) -> None:
    said = remove(root, OLD_8B, TAG)
    assert said["removed"] == [OLD_8B, TAG]
    assert files_of(root) == {path for path in FILES if not path.startswith((OLD_8B, TAG))}
    assert not (root / "ollama").exists()
    assert not (root / GONE).exists()
    assert (root / "hf/meta-llama/Llama-3.1-8B-Instruct").is_dir()


def test_two_models_of_one_repository_and_revision_share_a_directory(root: Path) -> None:
    """The first of them is gone from the stack file, and the second one still reads it."""
    said = remove(root, OLD_8B, needed=[OLD_8B])
    assert (said["removed"], said["left"]) == ([], {OLD_8B: NEEDED})


@pytest.mark.parametrize(
    "path",
    ["..", "../outside", "/", "", ".", "hf", "notes", "hf/meta-llama", f"{OLD_8B}/../aaaaaaa", f"{OLD_8B}/", "hf/no"],
)
def test_a_path_that_is_no_model_s_directory_is_not_removed(root: Path, path: str) -> None:
    write(root.parent / "outside", {"file": 1})
    said = remove(root, path)
    assert (said["removed"], said["left"]) == ([], {path: "it isn't there any more"})
    assert files_of(root) == {*FILES}
    assert (root.parent / "outside/file").exists()


@pytest.mark.parametrize("name", ["a b", "line\nbreak", "-rf", "$(touch x)", "'\"", "ünï", "*"])
def test_odd_names_are_names(root: Path, name: str) -> None:
    write(root, {f"hf/{name}/x/main/file": 3})
    path = f"hf/{name}/x/main"
    assert path in kept(root)
    assert remove(root, path)["removed"] == [path]
    assert files_of(root) == {*FILES}


def test_a_link_out_of_the_cache_is_not_followed(root: Path) -> None:
    outside = write(root.parent / "outside", {"file": 999})
    (root / OLD_8B / "link").symlink_to(outside)
    (root / "hf/linked").symlink_to(outside)
    age(root)
    assert {each["path"]: each["bytes"] for each in look(root)["models"]}[OLD_8B] < 1010 + 999
    assert remove(root, OLD_8B)["removed"] == [OLD_8B]
    assert (outside / "file").exists()


@pytest.mark.parametrize(
    ("link", "to"),
    [
        (f"{NEW_8B}/config.json", "../0e9e39f/model.safetensors"),  # a file of a model that stays
        ("notes/link", f"../{OLD_8B}"),  # from what isn't the platform's
    ],
)
def test_what_a_link_of_what_stays_leads_to_stays(root: Path, link: str, to: str) -> None:
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(to)
    age(root)
    assert kept(root, [NEW_8B])[OLD_8B].startswith(link.rpartition("/")[0])
    assert OLD_8B in remove(root, OLD_8B, needed=[NEW_8B])["left"]
    assert (root / OLD_8B / "model.safetensors").exists()


def test_a_needed_name_that_is_a_link_needs_what_it_leads_to(root: Path) -> None:
    (root / "hf/acme").mkdir()
    (root / "hf/acme/chat").symlink_to("../meta-llama/Llama-3.1-8B-Instruct/0e9e39f")
    age(root)
    assert kept(root)[OLD_8B] == ""
    assert kept(root, ["hf/acme/chat"])[OLD_8B] == NEEDED
    assert kept(root, ["hf/acme/chat"])[NEW_8B] == ""


def test_links_between_two_that_go_keep_neither(root: Path) -> None:
    (root / NEW_8B / "link").symlink_to("../0e9e39f/model.safetensors")
    age(root)
    assert remove(root, OLD_8B, NEW_8B)["removed"] == [OLD_8B, NEW_8B]


def test_a_file_with_two_names_is_counted_once_in_a_model(root: Path) -> None:
    os.link(root / NEW_8B / "model.safetensors", root / NEW_8B / "copy.safetensors")
    assert {each["path"]: each["bytes"] for each in look(root)["models"]}[NEW_8B] == 2000


@pytest.mark.parametrize(
    "path",
    [
        "hf/a/b/main/.cache/huggingface/download/model.incomplete",
        "ollama/x/tag/blobs/sha256-2-partial",
        "ollama/x/tag/blobs/sha256-2-partial-0",
        "adapters/m/a/b/main/x/.cache/huggingface/download/adapter.incomplete",
    ],
)
def test_a_download_that_is_not_finished_is_said_and_can_go(root: Path, path: str) -> None:
    write(root, {path: 4})
    unfinished = [each["path"] for each in look(root)["models"] if each["partial"]]
    assert len(unfinished) == 1
    assert path.startswith(unfinished[0])
    assert remove(root, *unfinished)["removed"] == unfinished


def test_what_changed_since_it_was_listed_is_left(root: Path) -> None:
    """A download began again, or a file came."""
    (root / OLD_8B / ".cache/huggingface/new").write_text("x")
    assert remove(root, OLD_8B)["left"] == {OLD_8B: "it changed since it was listed"}


def test_a_removal_that_was_cut_off_is_ended_by_the_next_one(root: Path) -> None:
    write(root, {f"{GONE}/1/model.safetensors": 77})
    assert look(root)["gone_bytes"] == 77
    assert GONE not in [each["path"] for each in look(root)["others"]]
    remove(root)
    assert files_of(root) == {*FILES}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_can_not_be_read_is_left(root: Path) -> None:
    (root / OLD_8B / ".cache").chmod(0)
    try:
        assert kept(root)[OLD_8B] == "a part of it can't be read"
    finally:
        (root / OLD_8B / ".cache").chmod(0o755)


def test_an_empty_cache_has_nothing(tmp_path: Path) -> None:
    assert look(tmp_path) == {"models": [], "others": [], "gone_bytes": 0}
    assert remove(tmp_path)["removed"] == []
