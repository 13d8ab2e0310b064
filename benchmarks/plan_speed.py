"""How long `plan` takes: for prod compared with importing the SDKs alone, for more and more models, and `diff` compared
with `plan`.

make benchmark
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path

from infra.catalog.load import DATA, read_catalog
from infra.stack_file import load_file

ROOT = Path(__file__).parent.parent
MODULES = ("pulumi", "pulumi_aws.ec2", "pulumi_aws.eks", "pulumi_aws.iam")
MODULES += ("pulumi_kubernetes.core.v1", "pulumi_kubernetes.apps.v1")
RUNS = 5

STACK = """\
config:
  aws:region: us-east-1
  llm-platform:platform:
    cluster: {create: {zones: [use1-az1, use1-az2]}}
    gpuPools:
      l4: {instanceTypes: [g6.2xlarge]}
    gateway: {domain: llm.example.com, certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/5f0c"}
    models:
"""
HELD_BUDGET = "    budget: {usdPerMonth: 10000000}\n"
HOPELESS_BUDGET = "    budget: {usdPerMonth: 1000}\n"  # every way to it is tried
MODEL = "      m{n}: {{model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {{min: 1, max: 3}}}}\n"


def main() -> None:
    imports = seconds([sys.executable, "-c", f"import {', '.join(MODULES)}"])
    prod = seconds(plan("prod", ROOT / "stacks"))
    with tempfile.TemporaryDirectory() as folder:
        stacks = Path(folder)
        commands = {count: plan(write(stacks, count), stacks) for count in (1, 50, 100)}
        with_budget = min(once(plan(write(stacks, 100, HELD_BUDGET), stacks)) for _ in range(RUNS))
        hopeless = {
            count: once(plan(write(stacks, count, HOPELESS_BUDGET), stacks), refused=True) for count in (20, 100)
        }
        # The shortest of alternating runs: otherwise a difference of differences would show the machine's other work.
        took = {count: float("inf") for count in commands}
        for _ in range(RUNS):
            took = {count: min(took[count], once(command)) for count, command in commands.items()}
    print(f"import of the SDKs    {imports:5.2f} s   (median of {RUNS})")
    for what, spent in loading().items():
        print(f"{what:21} {spent * 1000:5.0f} ms")
    print(f"plan prod             {prod:5.2f} s   {prod / imports:.2f} x the imports; must be under 3")
    for count, duration in took.items():
        print(f"plan of {count:3} models    {duration:5.2f} s")
    ratio = (took[100] - took[50]) / (took[50] - took[1])
    print(f"50 to 100 models      {took[100] - took[50]:5.2f} s   {ratio:.2f} x that of 1 to 50; must be under 1.3")
    print(
        f"the same with budget  {with_budget:5.2f} s   {with_budget / took[100]:.2f} x that without; must be under 1.3"
    )
    for count, duration in hopeless.items():
        print(f"refused, {count:3} models   {duration:5.2f} s   a budget that no change keeps to")
    print(f"20 to 100 models          {hopeless[100] / hopeless[20]:.2f} x; must be under 6")
    one, both = diff_and_plan()
    print(f"diff of 100 models    {both:5.2f} s   {both / one:.2f} x one plan of {one:.2f} s; must be under 2.2")


def loading() -> dict[str, float]:
    """The catalogue, and a stack file of 100 models: the shortest of the runs in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"Pulumi.{write(Path(folder), 100)}.yaml"
        what = {"the catalogue": lambda: read_catalog(DATA), "100 models' file": lambda: load_file(path)}
        return {name: min(timeit.repeat(work, number=1, repeat=RUNS)) for name, work in what.items()}


def diff_and_plan() -> tuple[float, float]:
    """For a change to all of 100 models, against a commit; each is the shortest of alternating runs."""
    with tempfile.TemporaryDirectory() as folder:
        project, git = Path(folder), ["git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com"]
        for name in ("infra", "components"):
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        stacks = project / "stacks"
        stacks.mkdir()
        stack = write(stacks, 100)
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
            subprocess.run([*git, *arguments], cwd=project, check=True)
        file = stacks / f"Pulumi.{stack}.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("8192", "4096"), encoding="utf-8")
        compare = [sys.executable, "-m", "infra", "diff", stack, "--base", "HEAD", "--format", "json"]
        once(plan(stack, stacks), project)
        took = [(once(plan(stack, stacks), project), once(compare, project)) for _ in range(RUNS)]
    return min(one for one, _ in took), min(both for _, both in took)


def write(stacks: Path, count: int, more: str = "") -> str:
    """Writes a stack file of `count` models; returns its name."""
    name = f"models{count}{'more' if more else ''}"
    models = "".join(MODEL.format(n=n) for n in range(count))
    (stacks / f"Pulumi.{name}.yaml").write_text(STACK + models + more, encoding="utf-8")
    return name


def plan(stack: str, stacks: Path) -> list[str]:
    return [sys.executable, "-m", "infra", "plan", stack, "--stacks", str(stacks), "--format", "json"]


def seconds(command: list[str]) -> float:
    """The median of the runs, after one run that warms the file cache."""
    once(command)
    return statistics.median(once(command) for _ in range(RUNS))


def once(command: list[str], folder: Path = ROOT, *, refused: bool = False) -> float:
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=folder, check=not refused, stdout=subprocess.DEVNULL)
    assert bool(ended.returncode) == refused
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
