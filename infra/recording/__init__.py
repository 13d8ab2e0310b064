"""Runs a Pulumi program against the SDK's own mock monitor, and records every request with its options.

So `llm-platform plan` and the tests see what `pulumi up` would make, without CLI, credentials or network. It makes URNs
as the engine does, and refuses what the engine refuses: a duplicate URN, a default provider (Pulumi.yaml disables
them), and a look-up without an answer.

A value that only a cloud can know is `${name.attribute}`, as in Pulumi YAML; with `preview=True` it is unknown, as in a
first preview.
"""

from infra.recording.monitor import NotOnTheEngine
from infra.recording.recorded import Recorded, Recording
from infra.recording.run import record
from infra.recording.values import SECRET, UNKNOWN

__all__ = ["SECRET", "UNKNOWN", "NotOnTheEngine", "Recorded", "Recording", "record"]
