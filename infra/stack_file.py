"""The stack file with the sections and rules of every service.

One loader reads both sources of a stack's settings, a YAML file and the engine's config, so both report the same
mistakes. This file also makes the JSON Schema of a stack file, for editors.
"""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from infra.catalog import Catalog, load_catalog
from infra.checks import check
from infra.config_keys import (
    ALERT_KEY,
    CLIENT_KEY,
    CLIENT_KEY_EXAMPLE,
    EXTERNAL_KEY,
    EXTERNAL_KEY_EXAMPLE,
    NAMESPACE,
    PLATFORM,
    SECRETS,
    TRACE_KEY,
    config_key,
    is_secret,
    secrets_among,
)
from infra.models.lock import BadLock, with_lock
from infra.planning.elsewhere import types_that_hold
from infra.project import stacks_folder
from infra.registry import cloud_said, clouds, region_in, regions_meant
from infra.services.access.given_keys import check_given_keys
from infra.settings.decimals import with_thousands
from infra.settings.document import read_document
from infra.settings.file import StackFile
from infra.settings.mistakes import BadStackFile, Mistake, Report, did_you_mean, shown, unknown_key
from infra.settings.platform import Settings
from infra.settings.schema import platform_schema
from infra.settings.validate import read_settings

_OWN_KEYS = (PLATFORM, *map(config_key, (*SECRETS, CLIENT_KEY_EXAMPLE, EXTERNAL_KEY_EXAMPLE)))


def stack_path(folder: Path, stack: str) -> Path:
    """The path of a stack's file. Raises BadStackFile if `stack` is a path or empty, and not a name."""
    meant = _stack_name(re.split(r"[/\\]", stack)[-1])
    if stack == meant and meant:
        return folder / f"Pulumi.{stack}.yaml"
    stacks = _stacks(folder)
    got = f"{shown(stack)} is no stack's name; stacks in {folder}: {', '.join(stacks) or 'none'}"
    write = f"write {meant}" if meant in stacks else "write the name of one of them"
    raise BadStackFile(str(folder), [Mistake("stack", None, got, write)])


def _stack_name(file: str) -> str:
    return file.removeprefix("Pulumi.").removesuffix(".yaml")


def _stacks(folder: Path) -> list[str]:
    return sorted(_stack_name(each.name) for each in folder.glob("Pulumi.*.yaml"))


def load_file(path: Path, *, catalog: Catalog | None = None) -> StackFile:
    """The stack file `stacks/Pulumi.<stack>.yaml`. Raises BadStackFile with every mistake in it."""
    return load_text(read_stack_file(path), path, catalog=catalog)


def load_text(text: str, path: Path, *, catalog: Catalog | None = None) -> StackFile:
    """The stack file as it would be with that text. Raises BadStackFile."""
    stack = _stack_name(path.name)
    document = read_document(text)
    report = Report(document.lines, document.mistakes)
    if document.config is None:
        raise BadStackFile(str(path), report.mistakes)
    secrets = {name: document.config[config_key(name)] for name in secrets_among(document.config)}
    return _load(
        str(path),
        report,
        _with_lock(catalog or load_catalog(), path.parent),
        stack=stack,
        keys=document.config,
        platform=with_thousands(document.config.get(PLATFORM), document.dotted, report),
        region=region_in(document.config.get),
        secrets=frozenset(secrets),
        in_plain_text=frozenset(name for name, value in secrets.items() if not _is_encrypted(value)),
    )


def load_config(
    *,
    stack: str,
    platform: Any,
    region: str | None,
    secrets: Collection[str] = (),
    in_plain_text: Collection[str] = (),
    keys: Mapping[str, Any] | None = None,
    path: Path | None = None,
    catalog: Catalog | None = None,
) -> StackFile:
    """The settings in the config of Pulumi's engine. Raises BadStackFile with every mistake in it.

    `platform` is the parsed object; `secrets` are the names of the secrets that are set, and `in_plain_text` those of
    them that aren't encrypted; `keys` is the whole config, by key with namespace. `path` is the stack file, if there is
    one: mistakes get its line numbers if its content is the same as the config.
    """
    report = Report({})
    if path is not None and path.is_file():
        document = read_document(read_stack_file(path))
        if document.config is not None and document.config.get(PLATFORM) == platform:
            report = Report(document.lines)
            platform = with_thousands(platform, document.dotted, report)
    return _load(
        str(path or f"config of stack {stack}"),
        report,
        _with_lock(catalog or load_catalog(), path.parent if path else stacks_folder()),
        stack=stack,
        keys=keys or {},
        platform=platform,
        region=region,
        secrets=frozenset(secrets),
        in_plain_text=frozenset(in_plain_text),
    )


def stack_file_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of stacks/Pulumi.*.yaml."""
    platform = dict(platform_schema())
    definitions = platform.pop("$defs")
    own = {"platform": {"$ref": "#/$defs/Settings"}} | {name: {"$ref": "#/$defs/Secret"} for name in SECRETS}
    names = "|".join((*own, CLIENT_KEY, EXTERNAL_KEY, ALERT_KEY, TRACE_KEY))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file of the LLM platform",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    **{config_key(name): schema for name, schema in own.items()},
                    **own,  # Pulumi reads a key without a namespace as the project's own
                    **{cloud.region_key: dict(cloud.region_schema) for cloud in clouds() if cloud.region_key},
                },
                "patternProperties": {
                    f"^({config_key('')})?({CLIENT_KEY}|{EXTERNAL_KEY}|{ALERT_KEY}|{TRACE_KEY})$": {
                        "$ref": "#/$defs/Secret"
                    },
                    f"^{config_key('')}(?!({names})$)": False,
                    f"^(?!({names})$)[^:]*$": False,
                },
                "anyOf": [{"required": [PLATFORM]}, {"required": ["platform"]}],
            },
            "encryptionsalt": {"type": "string", "description": "salt of the passphrase; written by pulumi stack init"},
            "encryptedkey": {
                "type": "string",
                "description": "encrypted key of the secrets; written by pulumi stack init",
            },
            "secretsprovider": {"type": "string", "description": "what encrypts the secrets"},
            "environment": {"description": "Pulumi ESC environments"},
        },
        "required": ["config"],
        "additionalProperties": False,
        "$defs": {
            "Secret": {
                "type": "object",
                "description": "encrypted; written by pulumi config set --secret",
                "properties": {"secure": {"type": "string"}},
                "required": ["secure"],
                "additionalProperties": False,
            },
            "Settings": platform,
            **definitions,
        },
    }


def _load(
    file: str,
    report: Report,
    catalog: Catalog,
    *,
    stack: str,
    keys: Mapping[str, Any],
    platform: Any,
    region: Any,
    secrets: frozenset[str],
    in_plain_text: frozenset[str],
) -> StackFile:
    for key in keys:
        namespace, _, name = key.partition(":")
        if _is_ours(namespace) and not (namespace == NAMESPACE and (key == PLATFORM or is_secret(name))):
            report.always((key,), unknown_key(key, _OWN_KEYS))
            if did_you_mean(key, _OWN_KEYS) == PLATFORM:
                report.broken(())
    for name in sorted(in_plain_text):
        command = f"pulumi config set --secret {name} -s {stack}"
        report.always(
            (config_key(name),), "a secret in plain text (value not shown). Revoke it, then:", command, path=name
        )
    region = None if region is None else str(region)
    meant = regions_meant(region, platform, catalog)
    likely = meant[0] if meant else region
    settings = read_settings(platform, stack=stack, region=likely, catalog=catalog, report=report)
    if settings is not None:
        holding = partial(_holding, settings, region, catalog)
        check(
            settings,
            region=region,
            regions_meant=meant,
            catalog=catalog,
            report=report,
            platform=platform,
            holding=holding,
        )
        check_given_keys(settings, secrets, stack, report)
    cloud = cloud_said(settings) if settings is not None else None
    config = {each: each.read_config(keys, report, here=cloud in (each, None)) for each in clouds()}
    if settings is None or report.mistakes:
        raise BadStackFile(file, _as_here(report.mistakes, platform, likely))
    return StackFile(
        stack=stack,
        settings=settings,
        region=region,
        secrets=secrets,
        catalog=catalog,
        config=config[cloud] if cloud else None,
    )


def _with_lock(catalog: Catalog, folder: Path) -> Catalog:
    """The catalogue with the lock's models. A lock that can't be read is reported like a mistake of the stack file."""
    try:
        return with_lock(catalog, folder)
    except BadLock as bad:
        write = "write it again: llm-platform model add"
        raise BadStackFile(str(bad.path), [Mistake(at, None, got, write) for at, got in bad.mistakes]) from None


def _holding(settings: Settings, region: str | None, catalog: Catalog, pool: str) -> tuple[str, ...]:
    return types_that_hold(settings, pool, region, catalog) if region in catalog.regions and region else ()


def _as_here(mistakes: Sequence[Mistake], platform: Any, region: str | None) -> list[Mistake]:
    """The mistakes, with the stack file's own account and region in their advice."""
    writes: Sequence[str] = [each.write for each in mistakes]
    for cloud in clouds():
        writes = cloud.as_here(writes, platform, region)
    return [replace(each, write=write) for each, write in zip(mistakes, writes, strict=True)]


def _is_ours(namespace: str) -> bool:
    """Whether a config key's namespace is the project's, even if it is mistyped. `platform` alone may belong to another
    program."""
    return difflib.SequenceMatcher(None, namespace.lower(), NAMESPACE).ratio() > 0.85


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and list(value) == ["secure"] and isinstance(value["secure"], str)


def read_stack_file(path: Path) -> str:
    """Raises BadStackFile if there is no such file, or it is no text."""
    stack = _stack_name(path.name)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        stacks = _stacks(path.parent)
        close = did_you_mean(stack, stacks)
        new = f"for a new stack copy one of these stacks' files to {path} and run `pulumi stack init {stack}`"
        write = f"did you mean {close}?" if close else f"write the name of one of them; {new}"
        there = ", ".join(stacks) or "none"
        mistake = Mistake("stack", None, f"no such file; the stacks in {path.parent}/ are {there}", write)
    except (OSError, UnicodeDecodeError) as error:
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        mistake = Mistake("file", None, f"can't be read: {reason}", "write a YAML file in UTF-8")
    raise BadStackFile(str(path), [mistake])
