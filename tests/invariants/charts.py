"""Charts: what each makes with a stack's values is known, so that it could be checked."""

import json
from typing import Any

from infra.cli.files import charts
from infra.offline import Planned
from tests.monitoring.variants import SCHEMAS, name_of, variant

RENDERED: dict[str, Any] = json.loads((SCHEMAS / "rendered_objects.json").read_text(encoding="utf-8"))


def what_charts_make_is_known(planned: Planned) -> list[str]:
    """tests/monitoring/test_rendered_objects.py shows that it is valid."""
    return [
        f"{name_of(each)} {each['version']} isn't rendered with {variant(each)}: see tests/schemas/render_charts.py"
        for each in charts(planned.recording)
        if (known := RENDERED.get(name_of(each))) is None
        or known["version"] != each["version"]
        or variant(each) not in known["variants"]
    ]
