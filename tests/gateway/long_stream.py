"""A stream of 250 seconds, with pauses of 50 seconds, through the real Envoy: python -m tests.gateway.long_stream FILE

The file is there at the end, with the status and whether the stream was whole, or with what went wrong."""

import signal
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path

from tests.gateway.engine import Engine
from tests.gateway.names import Names
from tests.gateway.plans import client, traffic, upstream
from tests.gateway.running import place_in, resolved_by, running

WHOLE = "200, whole"


def main(file: Path) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that Envoy ends too
    try:
        found = _stream()
    except Exception:
        found = traceback.format_exc()
    file.with_suffix(".new").write_text(found)
    file.with_suffix(".new").rename(file)


def _stream() -> str:
    with Engine() as engine, Names(["127.0.0.1"]) as names, tempfile.TemporaryDirectory() as folder:
        server = upstream("small", engine.port, host="small-pods.llm.svc.cluster.local")
        plan = replace(traffic((client("app", ("small",)),), (server,)), idle_seconds=70, total_seconds=300)
        with running(plan, place_in(Path(folder)), bootstrap=resolved_by(names.port)) as gateway:
            body = {"model": "small", "does": "stream", "pause": 50}
            answer = gateway.ask("POST", "/v1/chat/completions", body)
            whole = answer.body.endswith(b"data: [DONE]\n\n")
            return f"{answer.status}, {'whole' if whole else 'cut'}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
