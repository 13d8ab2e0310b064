"""An answer in the shape of each API: whole, and as the events of a stream."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = tuple[str | None, Mapping[str, Any]]  # its name, where the API gives it one
FINGERPRINT = "stand-in"
RESPONSES = "/v1/responses"


@dataclass(frozen=True)
class Call:
    """Of a tool."""

    name: str
    arguments: str  # JSON


@dataclass(frozen=True)
class Answer:
    id: str
    model: str
    thoughts: Sequence[str]
    pieces: Sequence[str]  # a token each
    call: Call | None
    complete: bool  # False: the limit of tokens cut it
    prompt_tokens: int
    output_tokens: int
    usage: bool  # a stream ends with the count
    each: bool = False  # and each of its events says the tokens so far, as an engine's do that counts for every caller

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def reason(self) -> str:
        return "length" if not self.complete else "tool_calls" if self.call else "stop"


class Format:
    """Chat completions; the others override what differs."""

    kind = "chat.completion"
    chunk_kind = "chat.completion.chunk"
    ends_with_done = True

    def whole(self, answer: Answer) -> Mapping[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None if answer.call else answer.text}
        if answer.thoughts:
            message["reasoning"] = "".join(answer.thoughts)
        if answer.call:
            message["tool_calls"] = [_tool_call(answer)]
        return self._object(
            answer, self.kind, [_choice(answer.reason, message=message)], usage=_usage(answer, answer.output_tokens)
        )

    def opening(self, answer: Answer) -> Iterable[Event]:
        yield self._chunk(answer, {"role": "assistant", "content": ""}, 0)

    def thought(self, answer: Answer, text: str, so_far: int) -> Iterable[Event]:
        yield self._chunk(answer, {"reasoning": text}, so_far)

    def piece(self, answer: Answer, text: str, so_far: int) -> Event:
        """`so_far`: tokens, this one included."""
        return self._chunk(answer, {"content": text}, so_far)

    def closing(self, answer: Answer) -> Iterable[Event]:
        if answer.call:
            called = {"tool_calls": [{"index": 0, **_tool_call(answer)}]}
            yield self._chunk(answer, called, answer.output_tokens)
        yield self._chunk(answer, {}, answer.output_tokens, answer.reason)
        if answer.usage:
            yield None, self._object(answer, self.chunk_kind, [], usage=_usage(answer, answer.output_tokens))

    def _chunk(self, answer: Answer, delta: Mapping[str, Any], so_far: int, reason: str | None = None) -> Event:
        return self._said(answer, _choice(reason, delta=delta), so_far)

    def _said(self, answer: Answer, choice: Mapping[str, Any], so_far: int) -> Event:
        more = {"usage": _usage(answer, so_far)} if answer.each else {}
        return None, self._object(answer, self.chunk_kind, [choice], **more)

    def _object(self, answer: Answer, kind: str, choices: Sequence[Any], **more: Any) -> Mapping[str, Any]:
        fixed = {"id": answer.id, "object": kind, "created": 0, "model": answer.model}
        return {**fixed, "choices": choices, "system_fingerprint": FINGERPRINT, **more}


class Completions(Format):
    kind = chunk_kind = "text_completion"

    def whole(self, answer: Answer) -> Mapping[str, Any]:
        return self._object(
            answer, self.kind, [_choice(answer.reason, text=answer.text)], usage=_usage(answer, answer.output_tokens)
        )

    def opening(self, answer: Answer) -> Iterable[Event]:
        return ()

    def thought(self, answer: Answer, text: str, so_far: int) -> Iterable[Event]:
        return ()

    def _chunk(self, answer: Answer, delta: Mapping[str, Any], so_far: int, reason: str | None = None) -> Event:
        return self._said(answer, _choice(reason, text=delta.get("content", "")), so_far)


class Responses(Format):
    """OpenAI's newer API: a list of items, each announced, filled and closed."""

    ends_with_done = False

    def whole(self, answer: Answer) -> Mapping[str, Any]:
        usage = {"input_tokens": answer.prompt_tokens, "output_tokens": answer.output_tokens}
        total = {"total_tokens": answer.prompt_tokens + answer.output_tokens}
        status = "completed" if answer.complete else "incomplete"
        return {**self._head(answer, status), "output": [self._item(answer, status)], "usage": {**usage, **total}}

    def thought(self, answer: Answer, text: str, so_far: int) -> Iterable[Event]:
        return ()

    def opening(self, answer: Answer) -> Iterable[Event]:
        yield self._event("response.created", response={**self._head(answer, "in_progress"), "output": []})
        empty = self._item(answer, "in_progress", content=[])
        yield self._event("response.output_item.added", output_index=0, item=empty)
        if not answer.call:
            part = self._part("")
            yield self._event(
                "response.content_part.added", item_id=answer.id, output_index=0, content_index=0, part=part
            )

    def piece(self, answer: Answer, text: str, so_far: int) -> Event:
        return self._event(
            "response.output_text.delta", item_id=answer.id, output_index=0, content_index=0, delta=text, logprobs=[]
        )

    def closing(self, answer: Answer) -> Iterable[Event]:
        whole = self.whole(answer)
        yield self._event("response.output_item.done", output_index=0, item=whole["output"][0])
        yield self._event("response.completed", response=whole)

    def _head(self, answer: Answer, status: str) -> Mapping[str, Any]:
        fixed = {"object": "response", "created_at": 0, "model": answer.model, "status": status, "error": None}
        calls = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": False}
        return {"id": f"resp_{answer.id}", **fixed, **calls, "metadata": {"answered_by": FINGERPRINT}}

    def _item(self, answer: Answer, status: str, content: Sequence[Any] | None = None) -> Mapping[str, Any]:
        if answer.call:
            called = {"call_id": f"call_{answer.id}", "name": answer.call.name, "arguments": answer.call.arguments}
            return {"type": "function_call", "id": answer.id, "status": status, **called}
        parts = [self._part(answer.text)] if content is None else content
        return {"type": "message", "id": answer.id, "role": "assistant", "status": status, "content": parts}

    def _part(self, text: str) -> Mapping[str, Any]:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    def _event(self, name: str, **fields: Any) -> Event:
        return name, {"type": name, "sequence_number": 0, **fields}


class Messages(Format):
    """Anthropic's API, which coding agents speak."""

    ends_with_done = False

    def whole(self, answer: Answer) -> Mapping[str, Any]:
        arguments = json.loads(answer.call.arguments) if answer.call else None
        block = self._block(answer, answer.text, arguments)
        return {
            **self._head(answer),
            "content": [block],
            "stop_reason": self._reason(answer),
            "usage": self._usage(answer),
        }

    def thought(self, answer: Answer, text: str, so_far: int) -> Iterable[Event]:
        return ()

    def opening(self, answer: Answer) -> Iterable[Event]:
        usage = {"input_tokens": answer.prompt_tokens, "output_tokens": 0}
        start = {**self._head(answer), "content": [], "stop_reason": None, "usage": usage}
        yield self._event("message_start", message=start)
        yield self._event("content_block_start", index=0, content_block=self._block(answer, "", {}))

    def piece(self, answer: Answer, text: str, so_far: int) -> Event:
        return self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def closing(self, answer: Answer) -> Iterable[Event]:
        if answer.call:
            delta = {"type": "input_json_delta", "partial_json": answer.call.arguments}
            yield self._event("content_block_delta", index=0, delta=delta)
        yield self._event("content_block_stop", index=0)
        reason = {"stop_reason": self._reason(answer), "stop_sequence": None}
        yield self._event("message_delta", delta=reason, usage=self._usage(answer))
        yield self._event("message_stop")

    def _head(self, answer: Answer) -> Mapping[str, Any]:
        head = {"id": f"msg_{answer.id}", "type": "message", "role": "assistant", "model": answer.model}
        return {**head, "stop_sequence": None}

    def _block(self, answer: Answer, text: str, arguments: Any) -> Mapping[str, Any]:
        if answer.call:
            return {"type": "tool_use", "id": f"toolu_{answer.id}", "name": answer.call.name, "input": arguments}
        return {"type": "text", "text": text}

    def _reason(self, answer: Answer) -> str:
        return {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}[answer.reason]

    def _usage(self, answer: Answer) -> Mapping[str, int]:
        return {"input_tokens": answer.prompt_tokens, "output_tokens": answer.output_tokens}

    def _event(self, name: str, **fields: Any) -> Event:
        return name, {"type": name, **fields}


FORMATS: Mapping[str, Format] = {
    "/v1/chat/completions": Format(),
    "/v1/completions": Completions(),
    RESPONSES: Responses(),
    "/v1/messages": Messages(),
}


def _choice(reason: str | None, **fields: Any) -> Mapping[str, Any]:
    return {"index": 0, "finish_reason": reason, "logprobs": None, **fields}


def _tool_call(answer: Answer) -> Mapping[str, Any]:
    assert answer.call is not None
    function = {"name": answer.call.name, "arguments": answer.call.arguments}
    return {"id": f"call_{answer.id}", "type": "function", "function": function}


def _usage(answer: Answer, written: int) -> Mapping[str, int]:
    both = answer.prompt_tokens + written
    return {"prompt_tokens": answer.prompt_tokens, "completion_tokens": written, "total_tokens": both}
