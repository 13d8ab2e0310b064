"""YAML that kubectl reads as it was written.

kubectl reads YAML 1.1 with a parser in Go, which reads `off` as a boolean, and `1e3` and `0o17` as numbers. PyYAML
quotes each string that its resolver takes for something else; here its resolver learns what Go's parser takes as well.
"""

import math
import re
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """An object that stands twice is written twice."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Lines as a block; as an escape what isn't printed, which some readers take for the end of a line."""
    printed = all(each.isprintable() for each in text.split("\n"))
    style = '"' if not printed else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]\Z"), list("yYnN"))
# Numbers and dates of every reader begin so; after PyYAML's own, so that a number stays one.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[.0-9]"), list("-+.0123456789"))


def to_yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)


def to_flow(value: Any) -> str:
    """On one line: `{models: [a, b]}`."""
    return (
        yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf, default_flow_style=True)
        .removesuffix("\n...\n")
        .rstrip("\n")
    )
