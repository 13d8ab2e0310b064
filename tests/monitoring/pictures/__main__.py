"""Draws the dashboards of a plan into docs/platform/dashboards, with what a real Prometheus answers to their queries.

python -m tests.monitoring.pictures     # with prometheus and promtool on the PATH
"""

import sys
import tempfile
from functools import cache
from pathlib import Path

from infra.plan.plan import Plan
from tests.docs.pages import ROOT
from tests.example_stacks import plan_text, text
from tests.monitoring.pictures.lived import lived
from tests.monitoring.pictures.shown import panels
from tests.prometheus import MISSING, WHY, prometheus_with

FOLDER = ROOT / "docs" / "platform" / "dashboards"


@cache
def pictured() -> Plan:
    """The stack prod, with a promise, three clients, and a model that may sleep."""
    stack = text("prod").replace("llama-8b:\n", "llama-8b:\n        scaling: {ttftP95Seconds: 2}\n", 1)
    stack = stack.replace(
        "maxModelLen: 8192\n    cache:", "maxModelLen: 8192\n        replicas: {min: 0, max: 1}\n    cache:"
    )
    stack = stack.replace("    gateway:\n", "    gateway:\n      clients: {shop: {}, support: {}, reports: {}}\n", 1)
    return plan_text("prod", stack.replace("    models:\n", "    monitoring: {grafana: true}\n    models:\n", 1)).plan


def main() -> None:
    from tests.monitoring.pictures.draw import picture

    if MISSING:
        sys.exit(WHY)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, prometheus_with(lived(pictured()), Path(folder)) as url:
        for name, (title, shown) in panels(pictured(), url).items():
            path = FOLDER / f"{name}.svg"
            path.write_text(picture(title, shown), encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
