"""What a server compiles is kept: whole files alone, each under its name at once, and the server starts whatever is
wrong with them."""

import io
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components import compiled_inside as inside

WATCHED = ".cache/vllm/torch_compile_cache"


@pytest.fixture(autouse=True)
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "healthy", lambda _: True)


def home(root: Path, *files: str) -> Path:
    for each in files:
        path = root / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each)
    root.mkdir(exist_ok=True)
    return root


def start(root: Path, folder: Path, key: str = "k", *, compiles: str | None = None) -> list[Path]:
    """One pod: `compiles` is the file that its server writes before it is healthy."""
    ready = root / ".compiled"

    def server(_: str) -> bool:
        assert ready.exists()  # Kubernetes starts the server then
        if compiles is not None:
            home(root, f"{WATCHED}/{compiles}")
        return True

    inside.healthy = server
    inside.main(str(root), WATCHED, str(folder), key, "", str(ready))
    return sorted(folder.glob("*")) if folder.exists() else []


def test_the_next_pod_finds_what_the_first_one_compiled(tmp_path: Path) -> None:
    first, second, kept = home(tmp_path / "1", ".triton/k.so", "own/x"), home(tmp_path / "2"), tmp_path / "kept"
    (packed,) = start(first, kept, compiles="abc/rank_0_0/model")
    written = packed.stat().st_ino
    assert start(second, kept) == [packed]
    assert (second / WATCHED / "abc/rank_0_0/model").read_text() == f"{WATCHED}/abc/rank_0_0/model"
    assert (second / ".triton/k.so").exists()
    assert not (second / "own").exists()
    assert packed.stat().st_ino == written  # nothing new, so nothing is packed again


def test_a_server_that_compiles_all_the_same_is_packed_again(tmp_path: Path) -> None:
    """A repository without a revision changes, and its key doesn't."""
    kept = tmp_path / "kept"
    start(home(tmp_path / "1"), kept, compiles="abc/model")
    (packed,) = start(home(tmp_path / "2"), kept, compiles="new/model")
    with tarfile.open(packed) as found:
        assert {each.name for each in found if each.isfile()} == {f"{WATCHED}/abc/model", f"{WATCHED}/new/model"}


def test_another_key_finds_nothing_and_the_newest_keys_stay(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for index in range(inside.STAY + 2):
        start(home(tmp_path / f"{index}"), kept, f"k{index}", compiles="abc/model")
        for each in kept.glob("k0-*"):  # in use all the time
            os.utime(each)
    assert not (home(tmp_path / "other") / WATCHED).exists()
    names = {each.name.partition("-")[0] for each in kept.iterdir()}
    assert names == {"k0", *(f"k{index}" for index in range(3, inside.STAY + 2))}


def test_a_file_that_is_no_archive_or_leads_out_of_the_home_is_not_unpacked(tmp_path: Path) -> None:
    kept = home(tmp_path / "kept")
    path = kept / f"k-{inside.machine()}.tar"
    path.write_bytes(b"half of one")
    (packed,) = start(home(tmp_path / "1"), kept, compiles="abc/model")
    assert tarfile.is_tarfile(packed)
    with tarfile.open(path, "w") as evil:
        info = tarfile.TarInfo("../stolen")
        info.size = 1
        evil.addfile(info, io.BytesIO(b"x"))
    start(home(tmp_path / "2"), kept)
    assert not (tmp_path / "stolen").exists()


def test_writers_at_the_same_time_leave_one_whole_file_and_a_dead_one_nothing(tmp_path: Path) -> None:
    kept = home(tmp_path / "kept", "k.tar.dead.1.part")
    os.utime(kept / "k.tar.dead.1.part", (1, 1))
    homes = [home(tmp_path / f"{index}", *(f"{WATCHED}/{name}/model" for name in "abcdef")) for index in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: inside.keep(str(kept / "k.tar"), str(each)), homes))
    assert [each.name for each in kept.iterdir()] == ["k.tar"]
    with tarfile.open(kept / "k.tar") as found:
        assert len([each for each in found if each.isfile()]) == 6


def test_where_nothing_can_be_written_the_server_runs_all_the_same(tmp_path: Path) -> None:
    start(home(tmp_path / "1"), home(tmp_path, "kept") / "kept" / "x", compiles="abc/model")  # `kept` is a file
