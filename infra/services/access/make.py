"""The API key that engines check, and the ConfigMap that says where the models are."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.api_key import ApiKey
from components.endpoints import Endpoints
from components.model_cache import ModelCache
from infra.clouds.site import Site
from infra.engines import ENGINES
from infra.plan.plan import Plan


def make_api_key(plan: Plan, given: pulumi.Output[str] | None) -> pulumi.Output[str] | None:
    """The API key; None where no engine checks a key."""
    if not any(ENGINES[model.engine].checks_key for model in plan.models.values()):
        return None
    return ApiKey("api-key", given=given).key


def make_endpoints(plan: Plan, site: Site, cache: ModelCache, outputs: Mapping[str, Any]) -> None:
    Endpoints(
        "endpoints",
        namespace=plan.settings.namespace.name,
        outputs=outputs,
        readable=plan.settings.namespace.create,
        depends_on=[cache],
        opts=site.opts,
    )
