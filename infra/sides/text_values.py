"""Texts that hold a document: JSON, YAML by its file's name, and a node's user data."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML, YAMLError

_YAML = re.compile(r"\.ya?ml(\"?\])?$")
_USER_DATA = re.compile(r"(^|\.)userData$")


def documents(old: Any, new: Any, path: str) -> tuple[Any, Any] | None:
    """Both as maps or lists, or one of them where the other isn't there; None where they are no documents."""
    found = [each if each is None else _document(each, path) for each in (old, new)]
    both = [each is None for each in found] == [each is None for each in (old, new)]
    return (found[0], found[1]) if both and (old is not None or new is not None) else None


def readable(value: Any, path: str) -> Any:
    """User data as its text; anything else as it is."""
    if not isinstance(value, str) or not _USER_DATA.search(path):
        return value
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return value


def _document(text: Any, path: str) -> Mapping[str, Any] | list[Any] | None:
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text) if text.lstrip().startswith(("{", "[")) else _yaml(text, path)
    except (ValueError, RecursionError, YAMLError):
        return None
    return found if isinstance(found, list) or (isinstance(found, Mapping) and _has_names(found)) else None


def _yaml(text: str, path: str) -> Any:
    return YAML(typ="safe", pure=True).load(StringIO(text)) if _YAML.search(path) else None


def _has_names(found: Mapping[Any, Any]) -> bool:
    return all(isinstance(key, str) for key in found)
