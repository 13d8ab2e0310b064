"""Where a chart comes from: its own repository, or a copy of it."""

import pytest

from components.chart import Chart, helm_release
from tests.components.examples import run

CHART = Chart("keda", "https://charts.example.com", "1.2.3", "keda")


@pytest.mark.parametrize(
    ("mirror", "chart", "repository"),
    [
        (None, "keda", {"repo": "https://charts.example.com"}),
        ("charts", "charts/keda-1.2.3.tgz", None),
        ("../charts/", "../charts/keda-1.2.3.tgz", None),
        ("https://mirror.example.com/charts", "https://mirror.example.com/charts/keda-1.2.3.tgz", None),
    ],
)
def test_a_mirror_holds_the_same_version_and_a_folder_stays_relative(
    mirror: str | None, chart: str, repository: dict[str, str] | None
) -> None:
    arguments = {"values": {}, "mirror": mirror}
    recording = run(lambda opts: helm_release("keda", chart=CHART, opts=opts, **arguments))
    release = recording.one("kubernetes:helm.sh/v3:Release", "keda").inputs
    assert release["chart"] == chart
    assert release.get("repositoryOpts") == repository
    assert release["version"] == "1.2.3"
