"""The keys of clients, and the ConfigMap that says where the models are."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pulumi

from components.api_key import ApiKey
from components.client_keys import ClientKeys
from components.endpoints import Endpoints
from components.engine_keys import EngineKeys
from components.model_cache import ModelCache
from infra.clouds.site import Site
from infra.config_keys import client_key
from infra.engines import ENGINES
from infra.plan.gateway import ClientPlan
from infra.plan.plan import Plan
from infra.services.access.client_secrets import base_url, secret_name, secrets_of
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.section import Gateway

Given = Callable[[str], pulumi.Output[str] | None]  # the name of a secret -> its value, where the stack has one


def make_api_key(given: pulumi.Output[str] | None) -> pulumi.Output[str]:
    """The first key of the client `default`, as in version 1."""
    return ApiKey("api-key", given=given).key


def make_client_keys(
    plan: Plan,
    clients: Mapping[str, ClientPlan],
    site: Site,
    *,
    api_key: pulumi.Output[str],
    given: Given,
    missing: Collection[str] = (),
    after: Sequence[pulumi.Resource],
) -> Mapping[str, ClientKeys]:
    """By client. `after`: its namespace has to be there first."""
    namespace = plan.settings.namespace.name
    return {
        name: ClientKeys(
            f"client-{name}",
            numbers=client.keys,
            given=_given(client, api_key, given),
            secret_name=secret_name(name),
            secrets=secrets_of(client, namespace, plan.cluster, missing),
            base_url=base_url(namespace),
            depends_on=after,
            opts=site.opts,
        )
        for name, client in clients.items()
    }


def _given(client: ClientPlan, api_key: pulumi.Output[str], given: Given) -> Mapping[int, pulumi.Output[str]]:
    found = {number: given(client_key(client.name, number)) for number in client.keys}
    if client.name == DEFAULT and 1 in client.keys:
        found[1] = api_key
    return {number: key for number, key in found.items() if key is not None}


def make_engine_keys(
    plan: Plan, site: Site, api_key: pulumi.Output[str], after: Sequence[pulumi.Resource]
) -> EngineKeys:
    """While a stack of version 1 is updated, its callers still reach the new pods of an engine without the gateway: so
    these accept the one key that every caller had, as long as there is the client `default`."""
    gateway = plan.settings.gateway or Gateway()
    return EngineKeys(
        "engine-keys",
        namespace=plan.settings.namespace.name,
        numbers=gateway.engine_keys,
        also=api_key if DEFAULT in plan.traffic.clients else None,
        files={each.keys_file.name: each.keys_text for each in ENGINES.values() if each.keys_file},
        depends_on=after,
        opts=site.opts,
    )


def make_endpoints(plan: Plan, site: Site, cache: ModelCache, outputs: Mapping[str, Any]) -> None:
    Endpoints(
        "endpoints",
        namespace=plan.settings.namespace.name,
        outputs=outputs,
        readable=plan.settings.namespace.create,
        depends_on=[cache],
        opts=site.opts,
    )
