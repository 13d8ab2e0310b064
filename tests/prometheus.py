"""A real Prometheus: with recorded samples, minute by minute, or one that reads what runs."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.error import URLError
from urllib.request import urlopen

from tests.conftest import HANGS_SECONDS
from tests.ports import free_ports

PROGRAMS = ("prometheus", "promtool")
MISSING = [each for each in PROGRAMS if shutil.which(each) is None]
WHY = f"not on PATH: {', '.join(MISSING)} (Debian's package prometheus has both)"

HOURS = 24
_STEP = 60


def begins() -> int:
    """Seconds since 1970. The samples end when they are made, and not when this file is read: Prometheus takes none
    that is older than five minutes for the present, and a whole suite takes longer."""
    return int(time.time()) - HOURS * 3600


class Sampled(Protocol):
    def samples(self) -> Iterator[str]:
        """Lines of OpenMetrics."""
        ...


@dataclass(frozen=True)
class Series:
    """A metric from `first` to `last` hours after `start`: a gauge with one value, or a counter that grows per hour."""

    metric: str
    labels: Mapping[str, str]
    value: float
    per_hour: float = 0.0
    first: float = 0.0
    last: float = HOURS
    start: int = field(default_factory=begins)

    def samples(self) -> Iterator[str]:
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        for minute in range(round(self.first * 60), round(self.last * 60) + 1):
            value = self.value + self.per_hour * (minute / 60 - self.first)
            yield f"{self.metric}{{{labels}}} {value} {self.start + minute * _STEP}"


@contextmanager
def prometheus_with(series: Iterable[Sampled], folder: Path) -> Iterator[str]:
    """The URL of a Prometheus that has these samples."""
    metrics = folder / "metrics"
    metrics.write_text("\n".join(line for each in series for line in each.samples()) + "\n# EOF\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", metrics, folder / "data"],
        check=True,
        capture_output=True,
        timeout=HANGS_SECONDS,
    )
    with prometheus(folder, {}) as url:
        yield url


@contextmanager
def scraping(folder: Path, **targets: int) -> Iterator[str]:
    """The URL of a Prometheus that reads ports of loopback each second, as pods of the namespace `llm`."""
    found = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": "llm", "pod": pod}} for pod, port in targets.items()
    ]
    job = {"job_name": "gateway", "metrics_path": "/stats/prometheus", "static_configs": found}
    with prometheus(folder, {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}) as url:
        yield url


@contextmanager
def prometheus(folder: Path, config: Mapping[str, object]) -> Iterator[str]:
    (folder / "prometheus.yml").write_text(json.dumps(config))
    address = f"127.0.0.1:{free_ports(1)[0]}"
    server = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address={address}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://{address}/-/ready")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(HANGS_SECONDS)


def _wait(url: str) -> None:
    for _ in range(HANGS_SECONDS * 20):
        with suppress(URLError, OSError), urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise TimeoutError(url)
