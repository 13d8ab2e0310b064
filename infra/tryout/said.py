"""What `try` says when everything runs: where, with which key, and what to paste."""

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from infra.plan.plan import Plan
from infra.plan.versions import ALL
from infra.plan.words import count
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.versions import share_said, trials_said
from infra.tryout.run import Tried
from infra.tryout.stand_in import StandIn

_PYTHON = ".venv/bin/python"  # where `make` puts it
_MORE = "\\\n    "  # a command goes on in the next line
_QUESTION = "Summarise our refund policy."


def said(plan: Plan, tried: Tried, options: str = "") -> str:
    """`options`: where the stack file is, for another command; blank: where it is by default."""
    parts = (
        [title] * bool(title) + [f"  {line}" for line in lines] for title, lines in _sections(plan, tried, options)
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _sections(plan: Plan, tried: Tried, options: str) -> Iterator[tuple[str, Iterable[str]]]:
    behind = count(len(tried.stand_ins), "stand-in")
    yield f"{plan.stack}: the planned gateway before {behind} of models; no cluster, no GPU", ()
    yield "", [f"{name:<10}{value}" for name, value in _where(tried)]
    yield "models", _models(plan, tried.stand_ins)
    if own := plan.traffic.custom:
        yield (
            "own servers",
            [f"{name}  {each.host}: a stand-in here that says what it was asked" for name, each in own.items()],
        )
    yield "not as in the cluster", _left_out(plan)
    yield "paste into another terminal, in this folder: the first line, then any other", _lines(plan, tried, options)
    yield "Ctrl-C ends it.", ()


def _where(tried: Tried) -> Iterator[tuple[str, str]]:
    yield "base URL", tried.base_url
    for name, key in tried.keys.items():
        yield "key", f"{key}  (client {name}; of this run only)"
    yield "files", f"{tried.folder}  (Envoy's, and requests.log with one line per request)"


def _models(plan: Plan, served: Iterable[StandIn]) -> Iterator[str]:
    width, speeds = max(map(len, (*plan.named, *plan.traffic.externals))), {each.model: each.speed for each in served}
    for name, model in plan.named.items():
        sleeps = "; awake here, asleep in the cluster while nobody asks" * bool(
            plan.traffic.upstreams[name].held_seconds
        )
        back = plan.traffic.upstreams[name].fallback
        paused = f"paused, {back.to} answers" if back is not None else "paused, answers 503"
        yield f"{name:<{width}}  {model.task}: {speeds.get(name, paused)}{sleeps}"
        coming = plan.traffic.upstreams[name].next
        if coming is not None and coming.server.model in speeds:
            also = f", and those {trials_said(coming)}" if coming.weight < ALL else ""
            yield f"{'':<{width}}  its next version answers {share_said(coming)}{also}: {speeds[coming.server.model]}"
    for name, external in plan.traffic.externals.items():
        what = f"{external.model} of {external.host}: a stand-in here too, and nothing leaves this machine"
        yield f"{name:<{width}}  elsewhere: {what}"


def _left_out(plan: Plan) -> Iterator[str]:
    """What the plan says and nothing here does."""
    traffic = plan.traffic
    yield "one replica of each model, which never starts, stops or fails, and one Envoy with the whole of each limit"
    if scheduled := [name for name, model in plan.named.items() if model.schedule is not None]:
        yield f"schedules are ignored: {', '.join(scheduled)} {_is(scheduled)} awake at all hours"
    if back := [name for name, each in traffic.upstreams.items() if each.fallback is not None and not each.paused]:
        yield f"nothing falls back: the stand-in of {', '.join(back)} always answers in time"
    if traffic.token_limits is not None:
        yield "tokens per minute aren't limited: what counts them runs in the cluster only"
    if plan.gateway is not None:
        yield f"callers reach Envoy itself, by HTTP: before {plan.gateway.base_url} there is a load balancer"


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _lines(plan: Plan, tried: Tried, options: str) -> Iterator[str]:
    """Commands of a shell. The variables are those that OpenAI's clients read."""
    client = DEFAULT if DEFAULT in tried.keys else next(iter(tried.keys))
    allowed = plan.traffic.clients[client].models
    yield f"export OPENAI_BASE_URL={tried.base_url} OPENAI_API_KEY={tried.keys[client]}"
    yield from _calls([each for each in tried.stand_ins if each.model in allowed])
    for name in plan.traffic.clients[client].custom[:1]:
        yield f'curl -s "${{OPENAI_BASE_URL%/v1}}/custom/{name}/" -H "Authorization: Bearer $OPENAI_API_KEY"'
    more = options if client == DEFAULT else f"{options} --client {client}"
    yield f'LLM_PLATFORM_KEY="$OPENAI_API_KEY" {_PYTHON} -m infra smoke {plan.stack} --url "$OPENAI_BASE_URL"{more}'


def _calls(served: list[StandIn]) -> Iterator[str]:
    chats = sorted(
        (each for each in served if each.kind == "chat"), key=lambda each: (not each.estimated, each.pace(1).first)
    )
    if chats:
        body = {"model": chats[0].model, "messages": [{"role": "user", "content": _QUESTION}]}
        yield _curl("chat/completions", {**body, "stream": True})
        yield f"{_PYTHON} -c {shlex.quote(_python(body))}"
        yield f'make -C examples/chat run BASE_URL="$OPENAI_BASE_URL" MODEL={chats[0].model} API_KEY="$OPENAI_API_KEY"'
    elif served:
        asks_for_vectors = served[0].kind == "embed"
        texts: dict[str, Any] = (
            {"input": "refund"} if asks_for_vectors else {"query": "refund", "documents": ["refund"]}
        )
        yield _curl("embeddings" if asks_for_vectors else "rerank", {"model": served[0].model, **texts})
    else:
        yield 'curl -s "$OPENAI_BASE_URL/models" -H "Authorization: Bearer $OPENAI_API_KEY"'


def _curl(path: str, body: Any) -> str:
    headers = '-H "Authorization: Bearer $OPENAI_API_KEY" -H "Content-Type: application/json"'
    return f'curl -sN "$OPENAI_BASE_URL/{path}" {_MORE}{headers} {_MORE}-d {shlex.quote(json.dumps(body))}'


def _python(body: Any) -> str:
    call = f"chat.completions.create({', '.join(f'{name}={json.dumps(value)}' for name, value in body.items())})"
    return f"from openai import OpenAI; print(OpenAI().{call}.choices[0].message.content)"
