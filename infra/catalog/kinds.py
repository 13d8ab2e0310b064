"""Kinds of models that aren't served here: the words of a name that say so, and what works instead."""

import re
from dataclasses import dataclass

_SPLIT = re.compile(r"[-_.:/]")
_PAGE = "docs/platform/gateway.md"


@dataclass(frozen=True)
class OtherKind:
    what: str
    audio: bool = False  # the gateway has paths for it
    adapter: bool = False  # it is served, beside the model that it was made for

    def way(self, name: str, repository: str) -> str:
        """What to write instead of the model that the stack file calls `name`."""
        if self.adapter:
            entry = f"{name}: {{model: BASE, adapters: {{{name}-adapter: {{model: {repository}}}}}}}"
            return f"write {entry}, where BASE is the model that it was made for"
        entry = f"gateway.custom.{name}: {{service: {name}{', audio: true' if self.audio else ''}}}"
        return f"run it in your own server and write {entry}, which clients name in `custom` ({_PAGE})"


SPEECH = OtherKind("a model that hears, which is not sized here", audio=True)
ENCODER_DECODER = OtherKind("an encoder with a decoder, which is not sized here")
STATES = OtherKind("a model of states without attention, which is not sized here")
NOT_SIZED = OtherKind("a model that is not sized here")
OTHER_TASK = OtherKind("a model that doesn't chat, embed or rerank")
SPEAKS = OtherKind("a model that speaks, which isn't served here")
SOUNDS = OtherKind("a model that makes music or sounds, which isn't served here")
IMAGES = OtherKind("a model that makes images or video, which isn't served here")
ADAPTER = OtherKind("an adapter, which is no model by itself", adapter=True)

# Owners whose repositories are all of one kind, and the beginnings of names by which an owner of several kinds tells
# them apart. Whoever publishes models of all kinds (facebook, microsoft, nvidia) says nothing.
_OWNED = {
    r"(black-forest-labs|wan-ai|lightricks|genmo)/": IMAGES,
    r"(suno|coqui)/": SPEAKS,
    r"(stabilityai/(?:sd|sdxl|stable-(?:diffusion|video|cascade)))\b": IMAGES,
    r"(stabilityai/stable-audio)\b": SOUNDS,
}
# What a whole word of a repository's name says of it. A name is no proof, so what the files say comes first.
_NAMED = {
    r"(distil)?whisper\w*|parakeet|canary|wav2vec2|hubert|moonshine|voxtral|audio|asr|stt": SPEECH,
    r"kokoro|xtts|tts|bark|speecht5|cosyvoice\d?": SPEAKS,
    r"musicgen|audiogen": SOUNDS,
    r"flux\d?|diffusion|sdxl|sd3|pixart|cogvideox?|hunyuanvideo|image": IMAGES,
    r"\w{0,4}t5|t5gemma\d?|m?bart|pegasus|nllb|m2m100|marian|madlad400|ul2": ENCODER_DECODER,
    r"mamba\d?|rwkv\d?|xlstm": STATES,
    r"colbert\w*|colpali|colqwen\d?": OtherKind("a model of one vector per token, which isn't served here"),
    r"q?lora|dora|peft|adapters?": ADAPTER,
}
_MERGED = "merged"  # into the weights of the model that an adapter was made for


def kind_by_name(repository: str) -> tuple[str, OtherKind] | None:
    """The word of a repository's name that says its kind, or its owner, and the kind; None: the name says nothing."""
    return _kind_by_owner(repository) or _kind_by_word(repository)


def _kind_by_owner(repository: str) -> tuple[str, OtherKind] | None:
    said = ((re.match(pattern, repository, re.IGNORECASE), kind) for pattern, kind in _OWNED.items())
    return next(((match[1], kind) for match, kind in said if match is not None), None)


def _kind_by_word(repository: str) -> tuple[str, OtherKind] | None:
    words = _SPLIT.split(repository.rpartition("/")[2].lower())
    for pattern, kind in _NAMED.items():
        word = next((each for each in words if re.fullmatch(pattern, each)), None)
        if word is not None and not (kind.adapter and _MERGED in words):
            return word, kind
    return None
