"""What a stand-in answers: text that says what it is, or the call of a tool, or what follows a schema."""

import json
import re
import secrets

from infra.tryout.asked import Asked
from infra.tryout.formats import Answer, Call
from infra.tryout.schemas import example
from infra.tryout.stand_in import StandIn

_WORDS = re.compile(r"\s*\S+")
_THOUGHTS = "A stand-in has no thoughts: these words are where the model's would be."


def write(stand_in: StandIn, model: str, asked: Asked) -> Answer:
    call = Call(asked.tool.name, json.dumps(example(asked.tool.parameters) or {})) if asked.tool else None
    thoughts = _WORDS.findall(_THOUGHTS) if stand_in.reasoning and call is None else []
    pieces = [] if call else _WORDS.findall(_text(stand_in, model, asked))
    wanted = len(thoughts) + len(pieces) + (len(_WORDS.findall(call.arguments)) if call else 0)
    kept = wanted if asked.limit is None or call else min(wanted, asked.limit)
    return Answer(
        id=secrets.token_hex(8),
        model=model,
        thoughts=thoughts[:kept],
        pieces=pieces[: max(kept - len(thoughts), 0)],
        call=call,
        complete=kept == wanted,
        prompt_tokens=asked.prompt_tokens,
        output_tokens=kept,
        usage=asked.usage or stand_in.counts_streams,
        each=stand_in.counts_streams,
    )


def _text(stand_in: StandIn, model: str, asked: Asked) -> str:
    if asked.schema is not None:
        return json.dumps(example(asked.schema))
    adapter = f", asked by its adapter {model}" if model != stand_in.model else ""
    return (
        f"This is a stand-in of {stand_in.model}{adapter}: no model runs here. It writes a word per token at the speed"
        f" of one replica: {stand_in.speed}. Your prompt has about {asked.prompt_tokens:,} of"
        f" {stand_in.max_model_len:,} tokens. The gateway before it is the real one, with the plan's configuration."
    )
