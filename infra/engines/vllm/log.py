"""vLLM writes its log as lines of JSON, with the gateway's id of each request, and never words of one.

Its own JSON (`--logging-config.formatter json`) has no ids, and `--enable-log-requests`, which has them, writes what a
caller sent beside its prompt: stop sequences, schemas, grammars. The file also holds the level to INFO, whatever a
variable or an argument says: at DEBUG vLLM writes prompts. Read 2026-11 in vllm/logger.py and
vllm/entrypoints/launchers/utils/server_utils.py of 0.32.0, whose wheel requires python-json-logger.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from components.container import FILES_MOUNT

FOLDER = Path(__file__).parent / "in_pod"
LOG_FILES: Mapping[str, str] = MappingProxyType(
    {each: (FOLDER / each).read_text(encoding="utf-8") for each in ("vllm_log.json", "vllm_log.py")}
)
LOG_ARGUMENTS = ("--middleware", "vllm_log.RequestLine", "--disable-uvicorn-access-log", "--no-use-tqdm-on-load")
LOG_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {"VLLM_LOGGING_CONFIG_PATH": f"{FILES_MOUNT}/vllm_log.json", "PYTHONPATH": FILES_MOUNT}
)
