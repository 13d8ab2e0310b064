"""Rules for `ropeScaling`: its numbers are known, and the context that it gives is longer than the model's own."""

from infra.engines import ENGINES
from infra.services.serving.rope import never_stretched, rope_of
from infra.services.serving.section import Model
from infra.services.serving.shapes import asked_shape
from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

_SAMPLE = "{type: yarn, factor: 4, original: 32768, theta: 1000000}"
_IN_CONFIG = (
    "original and theta, which are original_max_position_embeddings (or max_position_embeddings) and rope_theta"
)


def check_rope(scope: Scope, key: Key, model: Model) -> None:
    shape, asked, where = asked_shape(model, scope.catalog), model.rope_scaling, (*key, "ropeScaling")
    if asked is None or shape is None or ENGINES[model.engine].limits.refused_keys.get("rope_scaling"):
        return
    wrong, reads = scope.report.wrong, [(*key, each) for each in ("model", "like", "architecture")]
    rope = rope_of(model, shape, scope.catalog)
    if (never := never_stretched(shape, "these keys")) is not None:
        wrong(where, never, "leave ropeScaling out", reads=reads)
    elif rope is None:
        got = f"nobody has looked up the positions of {shape.id}"
        wrong(where, got, f"write {_IN_CONFIG} of its config.json, e.g. {_SAMPLE}", reads=reads)
    elif rope.length <= shape.max_context:
        got = f"{rope.factor:g} x {rope.original} tokens are {rope.length}, and the model takes {shape.max_context}"
        wrong((*where, "factor"), got, f"write more than {shape.max_context / rope.original:g}, or leave it out")
    if any(item.startswith("--hf-overrides") for item in model.extra_args):
        got = "ropeScaling is passed by --hf-overrides, and extraArgs have another, which would replace it"
        wrong(where, got, "leave --hf-overrides out of extraArgs", reads=[(*key, "extraArgs")])
