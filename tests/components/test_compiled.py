"""What a server compiles is kept: whole files alone, each under its name at once, and the server starts whatever is
wrong with them."""

import io
import os
import sys
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

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


def start(root: Path, folder: Path | str, key: str = "k", *, compiles: str | None = None) -> list[Path]:
    """One pod: `compiles` is the file that its server writes before it is healthy. `folder`: or the URL of a prefix."""
    ready = root / ".compiled"

    def server(_: str) -> bool:
        assert ready.exists()  # Kubernetes starts the server then
        if compiles is not None:
            home(root, f"{WATCHED}/{compiles}")
        return True

    inside.healthy = server
    inside.main(str(root), WATCHED, str(folder), key, "", str(ready))
    return sorted(Path(folder).glob("*"))


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
        list(pool.map(lambda each: inside.keep(inside.Folder(str(kept)), "k.tar", str(each)), homes))
    assert [each.name for each in kept.iterdir()] == ["k.tar"]
    with tarfile.open(kept / "k.tar") as found:
        assert len([each for each in found if each.isfile()]) == 6


def test_where_nothing_can_be_written_the_server_runs_all_the_same(tmp_path: Path) -> None:
    start(home(tmp_path / "1"), home(tmp_path, "kept") / "kept" / "x", compiles="abc/model")  # `kept` is a file


def test_a_start_waits_no_longer_than_its_limit_and_nothing_arrives_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file system or a bucket that hangs: what comes late would be read half by a server that runs."""
    kept, late = tmp_path / "kept", home(tmp_path / "late")
    (packed,) = start(home(tmp_path / "1"), kept, compiles="abc/model")
    hangs, began, pods = threading.Event(), inside.Folder.reader, threading.enumerate()

    def reader(self: inside.Folder, name: str) -> Any:
        hangs.wait()
        return began(self, name)

    monkeypatch.setattr(inside, "UNPACK_SECONDS", 0)
    monkeypatch.setattr(inside.Folder, "reader", reader)
    start(late, kept)  # `server` sees that it is ready
    hangs.set()
    for each in set(threading.enumerate()) - set(pods):
        each.join()
    assert [each.name for each in late.iterdir()] == [".compiled"]
    assert f"{packed.name} isn't read after 0 s: the server compiles" in capsys.readouterr().out


class Answer(Exception):
    """As botocore raises it; what never answered has none."""

    def __init__(self, code: str | None) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}} if code else None


class Store:
    """S3 with the bucket's policy, as far as boto3's client is asked."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refuses: Answer | None = None

    def client(self, name: str) -> "Store":
        assert name == "s3"
        return self

    def get_object(self, Bucket: str, Key: str) -> dict[str, IO[bytes]]:
        if self.refuses or Key not in self.objects:
            raise self.refuses or Answer("AccessDenied")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: IO[bytes], IfNoneMatch: str) -> None:
        assert (Bucket, IfNoneMatch) == ("weights-1", "*")
        if self.refuses or Key in self.objects:
            raise self.refuses or Answer("PreconditionFailed")
        self.objects[Key] = Body.read()


URL = "s3://weights-1/compiled/acme/support/main"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setitem(sys.modules, "boto3", made)
    return made


def test_the_next_pod_finds_in_the_bucket_what_the_first_one_compiled(tmp_path: Path, store: Store) -> None:
    start(home(tmp_path / "1", ".triton/k.so", "own/x"), URL, compiles="abc/model")
    assert [*store.objects] == [f"compiled/acme/support/main/k-{inside.machine()}.tar"]
    second = home(tmp_path / "2")
    start(second, URL)
    found = {str(each.relative_to(second)) for each in second.rglob("*") if each.is_file()}
    assert found == {f"{WATCHED}/abc/model", ".triton/k.so", ".compiled"}


def test_what_the_bucket_has_is_never_replaced(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    start(home(tmp_path / "1"), URL, compiles="abc/model")
    before = dict(store.objects)
    start(home(tmp_path / "2"), URL, compiles="new/model")
    assert store.objects == before
    assert "is kept already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("refuses", "said"),
    [
        (Answer("AccessDenied"), "no NAME: the server compiles"),  # S3's answer to who may not list
        (Answer("NoSuchBucket"), "NAME can't be read, the server compiles: NoSuchBucket"),
        (Answer(None), "NAME can't be read, the server compiles: None"),
    ],
    ids=["nothing there", "no bucket", "no answer"],
)
def test_a_bucket_that_gives_and_takes_nothing_keeps_no_server_from_starting(
    tmp_path: Path, store: Store, refuses: Answer, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store.refuses, name = refuses, f"k-{inside.machine()}.tar"
    start(home(tmp_path / "1"), URL, compiles="abc/model")
    first, last = capsys.readouterr().out.splitlines()
    assert first == said.replace("NAME", name)
    assert last == f"{name} can't be written, the next server compiles: {refuses}"


def test_an_image_without_the_library_of_the_bucket_starts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    start(home(tmp_path / "1"), URL, compiles="abc/model")
    assert "the next server compiles" in capsys.readouterr().out
