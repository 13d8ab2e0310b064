"""A repository of the Hugging Face hub or of a mirror. HF_ENDPOINT and HF_TOKEN are read as huggingface_hub
reads them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any
from urllib.parse import quote

from httpx2 import HTTPError
from huggingface_hub import constants
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import (
    build_hf_headers,
    get_token,
    hf_raise_for_status,
    http_backoff,
    http_stream_backoff,
    logging,
    validate_repo_id,
)

from infra.models.source import CannotRead, Header
from infra.models.weights import LENGTH_BYTES, header_length, read_header

_RETRIES, WAIT_SECONDS = 3, 1.0  # the wait doubles each time
_TIMEOUT_SECONDS = 30
_MAIN = "main"
_FIRST_BYTES = 2**18  # of a weights file: they contain the header of nearly every one
_AT_ONCE = 8
_LARGEST_TEXT = 50 * 2**20  # maximum size of a JSON file


class Hub:
    """One repository at one commit. Raises CannotRead."""

    def __init__(self, name: str, revision: str | None) -> None:
        try:
            validate_repo_id(name)
        except HFValidationError:
            raise CannotRead(f"{name} is no repository's name", "write ORG/NAME, as on its page on the hub") from None
        logging.set_verbosity_error()  # it would log each attempt
        self._name, self._asked = name, revision
        said = self._info()
        self._said = said
        self.revision: str | None = said.get("sha")
        self.gated: bool | None = bool(said.get("gated"))
        self.private: bool | None = bool(said.get("private"))
        self.pipeline: str | None = said.get("pipeline_tag")
        self.files: Mapping[str, int | None] = {each["rfilename"]: each.get("size") for each in said["siblings"]}
        self.origin = f"{constants.ENDPOINT}/{name}"
        renamed = said.get("id") or name
        if renamed != name:
            raise CannotRead(f"{name} was renamed: it is {renamed} now", f"llm-platform model add {renamed}")

    def text(self, file: str) -> str:
        content = self._read(file, None)
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise CannotRead(f"{file} of {self._name}: not UTF-8 text", "ask the repository's owner") from None

    def header(self, file: str) -> Header:
        return self._headers.get(file) or self._header(file)

    @cached_property
    def _headers(self) -> Mapping[str, Header]:
        """The headers of all weight files. They are read in parallel, because a large model has more than a hundred
        files."""
        files = [name for name in self.files if name.endswith(".safetensors") and "/" not in name]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(files, pool.map(self._header, files), strict=True))

    def _header(self, file: str) -> Header:
        start = self._read(file, _FIRST_BYTES)
        end = LENGTH_BYTES + header_length(start, file)
        if end > len(start):
            start = self._read(file, end)
        return read_header(start[LENGTH_BYTES:end], file)

    def _info(self) -> dict[str, Any]:
        revision = f"/revision/{quote(self._asked, safe='')}" if self._asked else ""
        url = f"{constants.ENDPOINT}/api/models/{self._name}{revision}"
        try:
            answer = http_backoff("GET", url, params={"blobs": True}, headers=build_hf_headers(), **_patience())
            hf_raise_for_status(answer)
            said = answer.json()
        except (HTTPError, OSError) as error:
            raise self._said_no(error, self._name) from None
        except ValueError:
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("siblings"), list):
            raise CannotRead(f"{constants.ENDPOINT} doesn't answer like a hub", "check HF_ENDPOINT")
        return said

    def _read(self, file: str, first: int | None) -> bytes:
        """A file, or its first bytes. If a mirror doesn't support ranges, the connection is closed once these bytes are
        read."""
        url = f"{constants.ENDPOINT}/{self._name}/resolve/{self.revision or _MAIN}/{quote(file)}"
        headers = build_hf_headers(headers={"range": f"bytes=0-{first - 1}"} if first else None)
        maximum = first or _LARGEST_TEXT
        found = bytearray()
        try:
            with http_stream_backoff("GET", url, headers=headers, **_patience()) as answer:
                hf_raise_for_status(answer)
                for piece in answer.iter_bytes():
                    found += piece
                    if len(found) >= maximum:
                        break
        except (HTTPError, OSError) as error:
            raise self._said_no(error, f"{file} of {self._name}") from None
        return bytes(found[:maximum])

    def _said_no(self, error: Exception, what: str) -> CannotRead:
        page, token = f"{constants.ENDPOINT}/{self._name}", get_token() is not None
        if isinstance(error, GatedRepoError):
            accept = f"accept its licence at {page}"
            write = f"{accept} with the account of your token" if token else f"{accept}, then set HF_TOKEN"
            return CannotRead(
                f"{what}: gated, and {'your token may not read it' if token else 'no token is set'}", write
            )
        if isinstance(error, RevisionNotFoundError):
            return CannotRead(f"{self._name} has no revision {self._asked}", f"write one of {page}/commits/main")
        if isinstance(error, RepositoryNotFoundError):
            seen = "that your token may read" if token else "that can be read without a token"
            return CannotRead(f"{self._name}: no repository {seen}", "check the name; a private one needs HF_TOKEN")
        if isinstance(error, EntryNotFoundError):
            return CannotRead(f"{what}: no such file", f"see {page}/tree/main")
        if isinstance(error, OfflineModeIsEnabled):
            return CannotRead("HF_HUB_OFFLINE is set", "unset it, or read a copy of the files: --from DIR")
        if isinstance(error, HfHubHTTPError) and error.response is not None:
            return self._refused(error.response.status_code, what)
        return CannotRead(
            f"{constants.ENDPOINT} can't be reached ({type(error).__name__})",
            "check the network and HF_ENDPOINT, or read a copy of the files: --from DIR",
            away=True,
        )

    def _refused(self, status: int, what: str) -> CannotRead:
        if status in (401, 403):
            return CannotRead(f"{what}: {status}, the hub refuses your token", "make a new one, and set HF_TOKEN to it")
        return CannotRead(
            f"{what}: {constants.ENDPOINT} answered {status}", "try again later, or --from DIR", away=True
        )


def _patience() -> dict[str, Any]:
    """How often and how long a hub that doesn't answer is asked again."""
    return {"max_retries": _RETRIES, "base_wait_time": WAIT_SECONDS, "timeout": _TIMEOUT_SECONDS}
