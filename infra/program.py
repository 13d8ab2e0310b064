"""The program that Pulumi runs: it makes the platform that the stack's config describes."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pulumi

from infra.config_keys import API_KEY, HUGGING_FACE_TOKEN, NAMESPACE, config_key, secrets_among
from infra.engines import ENGINES
from infra.live import Namespaces, There, look
from infra.outputs import known_outputs
from infra.plan.kinds import by_kind
from infra.plan.plan import Plan
from infra.planning import make_plan
from infra.planning.placeholders import unreachable
from infra.registry import cloud_of, region_in, services
from infra.services.access.given_keys import wrong_secrets
from infra.services.access.make import make_api_key, make_client_keys, make_endpoints, make_engine_keys
from infra.services.external.plan import missing_keys
from infra.services.gateway.clients import DEFAULT
from infra.services.gateway.make import add_addresses, make_gateway, make_proxy, make_token_limits
from infra.services.monitoring.alerts.receivers import missing_secrets
from infra.services.monitoring.make import log_in
from infra.services.service import Made
from infra.services.serving.make import make_engine_files, serve
from infra.services.serving.make_weights import Serving
from infra.services.tracing.plan import missing_headers
from infra.services.weights.make import make_cache
from infra.settings.file import StackFile
from infra.settings.mistakes import BadStackFile
from infra.stack_file import load_config


def main() -> None:
    """Runs at `pulumi preview` and `pulumi up`. If the plan breaks a rule, nothing is made."""
    try:
        file = _read_config()
    except BadStackFile as mistakes:
        raise pulumi.RunError(str(mistakes)) from None
    plan = plan_of(file)
    if plan.violations:
        broken = "\n".join(f"  {v.rule}: {v.path}: {v.message}\n    {v.fix}" for v in plan.violations)
        raise pulumi.RunError(f"the plan breaks {len(plan.violations)} rule(s); nothing was made\n{broken}")
    _refuse_secrets(file.secrets)
    if needs_hub_token(plan) and HUGGING_FACE_TOKEN not in file.secrets:
        command = f"pulumi config set --secret {config_key(HUGGING_FACE_TOKEN)} -s {plan.stack}"
        raise pulumi.RunError(f"a gated model needs a Hugging Face token:\n  {command}")
    _refuse_missing_keys(plan, file.secrets)
    _refuse_missing_alert_keys(plan, file.secrets)
    _refuse_missing_headers(plan, file.secrets)
    _refuse_placeholders(plan)
    there = _look(plan)
    for warning in by_kind(plan.warnings):
        pulumi.log.warn(f"{warning.path}: {warning.message}")
    cloud = cloud_of(plan.settings)
    provider = cloud.provider(plan)
    cloud.admit(plan, provider, there.state)
    deploy(plan, provider, there.namespaces)


def deploy(plan: Plan, provider: Any, namespaces: Namespaces) -> None:
    """Makes cluster, cache, models, gateway, other services and outputs. Each is made after what it needs, and deleted
    before it."""
    config = pulumi.Config(NAMESPACE)
    site = cloud_of(plan.settings).make_site(plan, provider, namespaces)
    cache = make_cache(plan, site, config.get_secret(HUGGING_FACE_TOKEN) if uses_the_hub(plan) else None)
    key = make_api_key(config.get_secret(API_KEY))
    clients = make_client_keys(
        plan,
        plan.traffic.clients,
        site,
        api_key=key,
        given=config.get_secret,
        missing=namespaces.missing,
        after=[cache, *site.ready],
    )
    engine_keys = make_engine_keys(plan, site, key, [cache, *site.ready])
    callers_key = clients[DEFAULT].newest if DEFAULT in clients else None
    filled_by = site.bucket_cache.fill(plan, [cache, *site.ready]) if site.bucket_cache is not None else None
    files = make_engine_files(plan, site, [cache, *site.ready])
    serving = Serving(plan, site, cache, engine_keys, files, callers_key, log_in(plan, site, cache), filled_by)
    servers = {name: serve(serving, model) for name, model in plan.models.items()}
    keys = {name: client.keys for name, client in clients.items()}
    make_token_limits(plan, site, [cache])
    # Envoy sends requests to a next version once its pods are ready.
    coming = [servers[name].deployment for name in plan.models if name not in plan.named]
    provider_keys = {name: config.require_secret(each.secret) for name, each in plan.traffic.externals.items()}
    proxy = make_proxy(plan, site, servers.values(), keys, engine_keys.sent, provider_keys, [cache, *coming])
    gateway = make_gateway(plan, site, proxy, servers.values())
    add_addresses([servers[name] for name in plan.named], proxy, gateway)
    made = Made(site.opts, (*site.ready, *site.operators, cache), site.pools)
    for service in services():
        service.make(plan, made)
    known = known_outputs(plan)
    make_endpoints(plan, site, cache, known)
    for name, value in known.items():
        pulumi.export(name, value)
    pulumi.export("gateway_address", gateway.address if gateway else None)
    pulumi.export("api_key", callers_key)


def plan_of(file: StackFile) -> Plan:
    return make_plan(file)


def uses_the_hub(plan: Plan) -> bool:
    """A token that is set reaches every download from the hub: any repository may be private."""
    return any(model.prefetch and ENGINES[model.engine].library is None for model in plan.models.values())


def needs_hub_token(plan: Plan) -> bool:
    return any(model.gated for model in plan.models.values())


def _refuse_secrets(names: Iterable[str]) -> None:
    config = pulumi.Config(NAMESPACE)
    wrong = list(wrong_secrets({name: config.get(name) or "" for name in names}))
    if wrong:
        raise pulumi.RunError("\n".join(wrong))


def _refuse_missing_keys(plan: Plan, secrets: Iterable[str]) -> None:
    missing = missing_keys(plan.traffic.externals, secrets)
    if missing:
        set_ = (f"  pulumi config set --secret {config_key(secret)} -s {plan.stack}" for secret in missing)
        names = ", ".join(sorted(name for found in missing.values() for name in found))
        raise pulumi.RunError("\n".join([f"external: the providers' keys of {names} are missing:", *set_]))


def _refuse_missing_alert_keys(plan: Plan, secrets: Iterable[str]) -> None:
    missing = missing_secrets(plan.settings, secrets)
    if missing:
        set_ = (f"  pulumi config set --secret {config_key(secret)} -s {plan.stack}" for secret in missing)
        raise pulumi.RunError(
            "\n".join(["monitoring.alerts: the URLs and keys of whom it notifies are missing:", *set_])
        )


def _refuse_missing_headers(plan: Plan, secrets: Iterable[str]) -> None:
    missing = missing_headers(plan.settings, secrets)
    if missing:
        set_ = (f"  pulumi config set --secret {config_key(secret)} -s {plan.stack}" for secret in missing)
        raise pulumi.RunError("\n".join(["monitoring.traces.otlp.headers: their values are missing:", *set_]))


def _refuse_placeholders(plan: Plan) -> None:
    """Stops `pulumi up`, and warns in a preview: the shipped stack files have placeholders."""
    found = unreachable(plan.settings)
    for each in found:
        pulumi.log.warn(f"{each.path}: {each.message}; `pulumi up` stops until then")
    if found and not pulumi.runtime.is_dry_run():
        listed = "\n".join(f"  {each.path}: {each.message}" for each in found)
        raise pulumi.RunError(f"placeholders, with which nobody would reach what is made; nothing was made\n{listed}")


def _look(plan: Plan) -> There:
    """Looks at what is there already, before anything is made. What can't be read is a warning."""
    there = look(plan, cloud_of(plan.settings), f"{pulumi.get_organization()}/{pulumi.get_project()}/{plan.stack}")
    for each in there.not_checked:
        pulumi.log.warn(f"not checked, so a mistake shows only while resources are made: {each}")
    for each in sorted(there.namespaces.missing):
        what = f"the namespace {each} isn't there yet, so its clients' Secrets aren't either"
        pulumi.log.warn(f"gateway.clients: {what}; once it is, run `pulumi up` again")
    if there.obstacles:
        listed = "\n".join(f"  {each.path}: {each.message}\n    {each.fix}" for each in there.obstacles)
        raise pulumi.RunError(f"{len(there.obstacles)} thing(s) stand in the way; nothing was made\n{listed}")
    return there


def _read_config() -> StackFile:
    """Reads the config with the loader of stack files, so it finds the same mistakes. It doesn't read secrets: it only
    sees whether they are set."""
    config, stack = pulumi.Config(NAMESPACE), pulumi.get_stack()
    text = config.get("platform")
    keys = pulumi.runtime.get_config_env()
    names = set(secrets_among(keys))
    return load_config(
        stack=stack,
        platform=json.loads(text) if text else None,
        region=region_in(_in_config),
        secrets=names,
        in_plain_text={name for name in names if not pulumi.runtime.is_config_secret(config_key(name))},
        keys=keys,
        path=Path("stacks") / f"Pulumi.{stack}.yaml",
    )


def _in_config(key: str) -> str | None:
    """The value of a key that begins with its namespace and a colon."""
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)
