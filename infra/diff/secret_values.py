"""Secrets in resources. A plan masks their values on both sides: that one is new shows only by where it comes from."""

from collections.abc import Mapping

from infra.config_keys import API_KEY, HUGGING_FACE_TOKEN, config_key
from infra.sides.properties import leaves
from infra.sides.types import Change, Changes, Resource

MASK = "[secret]"
NEW = f"{MASK}, another value"
_HUB_TOKEN, _API_KEY = config_key(HUGGING_FACE_TOKEN), config_key(API_KEY)
_HUB_TOKEN_SECRET = "-hub-token"  # how the Secret's logical name ends; every other secret value is the API key's


def secrets_changed(settings: Changes, after: Mapping[str, Resource]) -> dict[str, dict[str, Change]]:
    """By URN: the properties that hold a secret whose value in the stack file is new, or gone."""
    keys = settings.keys() & {_HUB_TOKEN, _API_KEY}
    if not keys:
        return {}
    found = {}
    for urn, resource in after.items():
        of = _HUB_TOKEN if resource["name"].endswith(_HUB_TOKEN_SECRET) else _API_KEY
        if of in keys:
            found[urn] = {
                path: Change(MASK, NEW) for path, value in leaves(resource["inputs"]).items() if value == MASK
            }
    return {urn: changes for urn, changes in found.items() if changes}
