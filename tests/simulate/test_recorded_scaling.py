"""What the real KEDA and the real HPA did with one series of answers, and what the simulator does with the same.

recorded_scaling.csv says of which versions; docs/simulate.md says how it was recorded.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.scaling_behavior import behavior
from infra.simulate.autoscaler import Fallback, Hpa, Keda, Values, for_metrics

# The ScaledObject that was recorded.
THRESHOLDS = {"in-flight": 6.0, "kept": 3.0, "waiting": 2.0, "held": 6.0}
MINIMUM, MAXIMUM, COOLDOWN, FAILURES, FALLBACK_REPLICAS = 0, 4, 60, 3, 1


@dataclass(frozen=True)
class Read:
    """One time at which the queries were read."""

    seconds: float
    by_keda: bool
    values: Values
    replicas: int  # after it


def recorded() -> Iterator[Read]:
    lines = Path(__file__).with_name("recorded_scaling.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        values = {signal: float(row[signal]) if row[signal] else None for signal in THRESHOLDS}
        yield Read(float(row["seconds"]), row["read_by"] == "KEDA", values, int(row["replicas"]))


def simulated(reads: list[Read]) -> Iterator[int]:
    """The replicas after each of them."""
    hpa, keda = Hpa(MINIMUM, MAXIMUM, behavior(COOLDOWN)), Keda(MINIMUM, COOLDOWN)
    fallback, replicas = Fallback(FAILURES, FALLBACK_REPLICAS), 0
    for each in reads:
        values = fallback.read(replicas, each.values, THRESHOLDS)
        if each.by_keda:
            replicas = keda.poll(each.seconds, replicas, values)
        elif replicas and (desired := for_metrics(replicas, values, THRESHOLDS)) is not None:
            replicas = hpa.sync(each.seconds, replicas, desired)
        yield replicas


def test_the_simulator_does_what_keda_and_the_hpa_did_step_by_step() -> None:
    reads = list(recorded())
    found = list(simulated(reads))
    wrong = [
        (each.seconds, each.replicas, number)
        for each, number in zip(reads, found, strict=True)
        if each.replicas != number
    ]
    assert wrong == []


def test_the_recording_has_each_kind_of_step() -> None:
    """Wakes, adds, is at its maximum, loses a signal, removes one by one, sleeps."""
    reads = list(recorded())
    steps = [each.replicas for each in reads]
    assert [number for number, before in zip(steps, [-1, *steps], strict=False) if number != before] == [
        0, 1, 3, 4, 3, 2, 1, 0,
    ]  # fmt: skip
    assert sum(None in each.values.values() for each in reads) > FAILURES
