"""The stand-ins as one server: each model has a port, by which it is known."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.tryout.asked import Asked, read, tokens
from infra.tryout.formats import FORMATS, RESPONSES, Answer, Event, Format
from infra.tryout.stand_in import StandIn
from infra.tryout.writing import write

_HEADER = "x-llm-stand-in"


class Refused(Exception):
    """As the engine would refuse it."""

    def __init__(self, status: int, message: str, kind: str = "BadRequestError", param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.kind, self.param = status, message, kind, param

    @property
    def response(self) -> Response:
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.status}
        return JSONResponse({"error": error}, self.status)


@dataclass
class _Engine:
    """A stand-in at work."""

    stand_in: StandIn
    key: str
    running: int = 0
    paths: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.paths = frozenset(self.stand_in.answers)

    async def answer(self, request: Request) -> Response:
        body = await self._body(request)
        stands_for = self.stand_in.answers[request.url.path]
        asked = read(body)
        self._check_earlier(stands_for, asked)
        self._check_length(asked)
        if stands_for in FORMATS:
            return await self._generate(FORMATS[stands_for], body, asked)
        return JSONResponse(_OTHERS[stands_for](self.stand_in, body))

    async def _body(self, request: Request) -> Mapping[str, Any]:
        if self.stand_in.checks_key and request.headers.get("authorization") != f"Bearer {self.key}":
            raise Refused(401, "Unauthorized", "AuthenticationError")
        if request.url.path not in self.paths or self.stand_in.answers[request.url.path] not in {*FORMATS, *_OTHERS}:
            raise Refused(404, "Not Found", "NotFoundError")
        try:
            body = await request.json()
        except ValueError as error:
            raise Refused(400, f"the body isn't JSON: {error}") from None
        if not isinstance(body, dict) or body.get("model") not in self.stand_in.names:
            raise Refused(404, f"The model `{body.get('model')}` does not exist.", "NotFoundError")
        return body

    def _check_earlier(self, stands_for: str, asked: Asked) -> None:
        """Engines keep no answer. Those of other APIs have no such field."""
        said = self.stand_in.says_not_kept
        if stands_for == RESPONSES and asked.earlier is not None and said is not None:
            raise Refused(404, said.format(id=asked.earlier), "invalid_request_error", "response_id")

    def _check_length(self, asked: Asked) -> None:
        longest, wanted = self.stand_in.max_model_len, asked.prompt_tokens + (asked.limit or 1)
        if wanted > longest and not self.stand_in.truncates:
            raise Refused(
                400,
                f"This model's maximum context length is {longest} tokens. However, you requested {wanted} tokens"
                f" ({asked.prompt_tokens} in the messages, {asked.limit or 1} in the completion).",
            )

    async def _generate(self, format_: Format, body: Mapping[str, Any], asked: Asked) -> Response:
        if asked.tool and not self.stand_in.tools:
            raise Refused(400, '"auto" tool choice requires a tool call parser, which this model has not')
        if asked.images and not self.stand_in.vision:
            raise Refused(400, f"{self.stand_in.model} is not a multimodal model")
        answer = write(self.stand_in, body["model"], asked)
        if asked.stream:
            return StreamingResponse(self._stream(format_, answer), media_type="text/event-stream")
        async for _ in self._paced(answer):
            pass
        return JSONResponse(format_.whole(answer))

    async def _stream(self, format_: Format, answer: Answer) -> AsyncIterator[bytes]:
        async for position in self._paced(answer):
            if position == 0:
                for event in format_.opening(answer):
                    yield _line(event)
            thoughts = len(answer.thoughts)
            if position < thoughts:
                for event in format_.thought(answer, answer.thoughts[position], position + 1):
                    yield _line(event)
            elif position - thoughts < len(answer.pieces):
                yield _line(format_.piece(answer, answer.pieces[position - thoughts], position + 1))
        for event in format_.closing(answer):
            yield _line(event)
        if format_.ends_with_done:
            yield b"data: [DONE]\n\n"

    async def _paced(self, answer: Answer) -> AsyncIterator[int]:
        """The positions of tokens, each at its time."""
        self.running += 1
        try:
            pace, clock = self.stand_in.pace(self.running), asyncio.get_running_loop()
            begun = clock.time()
            for position in range(max(answer.output_tokens, 1)):
                await asyncio.sleep(begun + pace.first + position * pace.next - clock.time())
                yield position
        finally:
            self.running -= 1


def make_app(stand_ins: Mapping[int, StandIn], key: str) -> Starlette:
    """`stand_ins` by port, each other port is of an own server; `key` is what Envoy sends."""
    engines = {port: _Engine(stand_in, key) for port, stand_in in stand_ins.items()}

    async def answer(request: Request) -> Response:
        engine = engines.get(request.scope["server"][1])
        if engine is None:
            return _echo(request)
        try:
            response = await engine.answer(request)
        except Refused as refused:
            response = refused.response
        response.headers[_HEADER] = engine.stand_in.model
        return response

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])])


def _echo(request: Request) -> Response:
    """An own server, of which only its address is known."""
    asked = {"method": request.method, "path": request.url.path, "client": request.headers.get("x-llm-client")}
    return JSONResponse({"stand_in": "it says what it was asked", **asked})


def _line(event: Event) -> bytes:
    name, data = event
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(data)}\n\n".encode()


def _embeddings(stand_in: StandIn, body: Mapping[str, Any]) -> Mapping[str, Any]:
    texts = body.get("input")
    texts = texts if isinstance(texts, list) else [texts]
    size = body.get("dimensions", stand_in.size)
    if size != stand_in.size and not _has_size(stand_in, size):
        raise Refused(400, f"Model {stand_in.model!r} does not support {size} dimensions")
    rows = [{"object": "embedding", "index": n, "embedding": _vector(str(text), size)} for n, text in enumerate(texts)]
    return {"object": "list", "model": body["model"], "data": rows, "usage": _counted(texts)}


def _has_size(stand_in: StandIn, size: Any) -> bool:
    known = stand_in.dimensions
    if known is None or not isinstance(size, int):
        return False
    return known.sizes[0] <= size <= stand_in.size if known.every else size in known.sizes


def _vector(text: str, size: int) -> list[float]:
    """The same for the same text, and of length one."""
    numbers = random.Random(text)
    raw = [numbers.gauss(0, 1) for _ in range(size)]
    length = sum(each * each for each in raw) ** 0.5
    return [each / length for each in raw]


def _rerank(stand_in: StandIn, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The more words a document shares with the query, the higher."""
    documents = [str(each) for each in body.get("documents") or body.get("texts") or ()]
    query = set(str(body.get("query")).lower().split())
    scores = [len(query & set(each.lower().split())) / (len(query) or 1) for each in documents]
    order = sorted(range(len(documents)), key=lambda index: -scores[index])
    rows = [{"index": n, "document": {"text": documents[n]}, "relevance_score": scores[n]} for n in order]
    return {"id": "rerank-stand-in", "model": body["model"], "results": rows, "usage": _counted(documents)}


def _tokenize(stand_in: StandIn, body: Mapping[str, Any]) -> Mapping[str, Any]:
    number = read(body).prompt_tokens
    return {"count": number, "max_model_len": stand_in.max_model_len, "tokens": list(range(number))}


def _count_tokens(stand_in: StandIn, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"input_tokens": read(body).prompt_tokens}


def _detokenize(stand_in: StandIn, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"prompt": " ".join("?" for _ in body.get("tokens") or ())}


def _score(stand_in: StandIn, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Jina's ranks without their order."""
    others = body.get("text_2") or body.get("documents") or []
    texts = others if isinstance(others, list) else [others]
    ranks = _rerank(stand_in, {**body, "query": body.get("text_1") or body.get("queries"), "documents": texts})[
        "results"
    ]
    scores = {each["index"]: each["relevance_score"] for each in ranks}
    rows = [{"index": n, "object": "score", "score": scores[n]} for n in sorted(scores)]
    return {"id": "score-stand-in", "object": "list", "model": body["model"], "data": rows, "usage": _counted(texts)}


def _counted(texts: Any) -> Mapping[str, int]:
    number = tokens(texts)
    return {"prompt_tokens": number, "total_tokens": number}


_OTHERS = {
    "/v1/embeddings": _embeddings,
    "/v1/rerank": _rerank,
    "/v1/score": _score,
    "/v1/tokenize": _tokenize,
    "/v1/detokenize": _detokenize,
    "/v1/messages/count_tokens": _count_tokens,
}
