"""What vLLM writes: lines of JSON, one for each request with the gateway's id, and no word of a caller."""

import asyncio
import json
import logging
import logging.config
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from infra.engines.vllm import log

SECRET = "the-words-of-a-prompt"


@contextmanager
def running() -> Iterator[ModuleType]:
    """As each process of the server reads the file: its folder is on PYTHONPATH. Inside a test, whose output it is."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    sys.path.insert(0, str(log.FOLDER))
    try:
        logging.config.dictConfig(json.loads(log.LOG_FILES["vllm_log.json"]))
        yield sys.modules["vllm_log"]
    finally:
        sys.path.remove(str(log.FOLDER))
        sys.modules.pop("vllm_log", None)
        logging.captureWarnings(False)
        root.setLevel(level)
        root.handlers[:] = handlers
        for name in ("vllm", "uvicorn"):
            logging.getLogger(name).handlers.clear()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    said = capsys.readouterr()
    assert said.err == ""
    return [json.loads(line) for line in said.out.splitlines()]


def _ask(module: ModuleType, path: str, *headers: tuple[bytes, bytes], status: int | None = 200) -> None:
    """`status`: None where the caller goes away before there is one."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if status is None:
            raise asyncio.CancelledError
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-a", SECRET.encode())]})
        await send({"type": "http.response.body", "body": SECRET.encode()})

    async def ignored(message: Any) -> None: ...

    async def run() -> None:
        scope = {"type": "http", "method": "POST", "path": path, "query_string": SECRET.encode(), "headers": headers}
        await module.RequestLine(answer)(scope, None, ignored)

    asyncio.run(run())


def test_what_happens_is_one_line_of_json_each(capsys: pytest.CaptureFixture[str]) -> None:
    with running():
        try:
            raise ValueError("a\nb")
        except ValueError:
            logging.getLogger("vllm.v1.engine").exception('it said "no"\nand ended')
        logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)
        logging.getLogger("transformers").warning("of a library")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("of Python", stacklevel=1)
    found = _lines(capsys)
    assert [each["logger"] for each in found] == ["vllm.v1.engine", "uvicorn.error", "transformers", "py.warnings"]
    assert {"level", "message", "time"} <= {*found[0]}
    assert found[0]["message"] == 'it said "no"\nand ended'
    assert found[0]["exc_info"].endswith("ValueError: a\nb")


def test_a_request_has_a_line_with_the_gateways_id_and_no_word(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as module:
        _ask(module, "/v1/chat/completions", (b"authorization", SECRET.encode()), (b"x-request-id", b"an-id"))
    (line,) = _lines(capsys)
    assert SECRET not in str(line)
    said = {name: line[name] for name in ("request_id", "method", "path", "status")}
    assert said == {"request_id": "an-id", "method": "POST", "path": "/v1/chat/completions", "status": 200}
    assert line["duration_ms"] >= 0


def test_a_caller_that_goes_away_has_a_line_and_a_probe_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as module:
        with pytest.raises(asyncio.CancelledError):
            _ask(module, "/v1/completions", status=None)
        _ask(module, "/health")
        _ask(module, "/metrics")
    (line,) = _lines(capsys)
    assert (line["request_id"], line["status"]) == (None, None)


def test_the_level_at_which_prompts_are_written_is_off() -> None:
    with running():
        for name in ("vllm.entrypoints.serve.utils.request_logger", "uvicorn.access"):
            assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
            assert logging.getLogger(name).isEnabledFor(logging.INFO)
