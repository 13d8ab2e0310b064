"""The page that says what stands in the log names each field, and no other one."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.services.gateway.envoy.log import refused_log, routed_log

PAGE = Path(__file__).parents[2] / "docs" / "platform" / "usage.md"


def _fields(log: Mapping[str, Any]) -> set[str]:
    return set(log["typed_config"]["log_format"]["json_format"])


def test_each_field_of_the_log_is_on_the_page() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## What the log says of one request")[2].partition("\n## ")[0]
    named = {
        name for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert named == _fields(routed_log()) | _fields(refused_log())
