"""Changes that serve own weights in another form: the engine doesn't make it, so their files have to be in it."""

from infra.plan.plan import Plan
from infra.services.serving.next import servers


def stored_then(plan: Plan, then: Plan | None) -> list[str]:
    """Of models that are only like a known one, and whose quantization is another one then: what it takes."""
    if then is None:
        return []
    before, after = servers(plan.settings.models), servers(then.settings.models)
    own = [name for name, each in after.items() if name in before and before[name].like and each.like]
    new = [name for name in own if after[name].quantization not in (None, before[name].quantization)]
    same = [name for name in new if after[name].model == before[name].model]
    return [f"the weights of {name} have to be stored in {after[name].quantization} first" for name in same]
