"""What a page claims that its command prints or writes, by the page and the command's last line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from tests.docs.pages import ROOT, Block, blocks_of

PROD, DEV = "stacks/Pulumi.prod.yaml", "stacks/Pulumi.dev.yaml"
CHEAPEST = r"(?m)^[\w.-]+ serves it at the lowest price per replica(?:, not for certain)?: \d+ x .*\$[\d.]+ per hour"
AN_HOUR = r"(?m)^  \w+\.\w+ .*? ([\d.]+)  +[\d,]+  "  # of each instance type
WHOLE_PLAN = ("OK", "BILL", "MODELS", "WHY", "POOLS", "COLD START", "WARNINGS", r"BEFORE `pulumi up -s \w+`")


@dataclass(frozen=True)
class Claim:
    """`prints` and `writes` are patterns; `changed` is the stack file and what its reader edits before."""

    prints: tuple[str, ...] = ()
    writes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changed: tuple[str, str, str] | None = None
    in_order: str = ""  # the figures of this pattern never decrease


CLAIMS = {
    ("README.md", "make test"): Claim((r"(?m)^dev · us-east-1 · ", *WHOLE_PLAN, r"The whole suite takes .*minutes")),
    ("application.md", "curl"): Claim((r"data: .*No ", r"data: .*refunds", r"data: \[DONE\]")),
    ("capacity.md", "make plan STACK=scarce"): Claim(
        (
            r"(?m)^scarce · us-east-1 · ",
            r"l4 asks for nodes in this order: 1\. cr-0a1b2c3d4e5f60718, 2 instances of g6\.2xlarge reserved",
            r"2 of them\s+reserved and billed whether used or not",
        )
    ),
    ("clients.md", "git diff --stat"): Claim(
        (
            r"web-shop: \{team: checkout, models: \[llama-8b, llama-70b\], namespace: shop\}",
            r"(?m)^Not applied: --no-up\.",
            r"Pulumi\.prod\.yaml \| +3 \+\+\+",
        ),
        {PROD: ("clients:", "reports: ", "# tensor parallel")},
    ),
    ("environments.md", "make plan STACK=test"): Claim((r"(?m)^test · us-east-1 · ", *WHOLE_PLAN)),
    ("first-environment.md", "llm-platform fit"): Claim(
        (CHEAPEST,), in_order=r"(?m)^  \w+\.\w+ .*? ([\d.]+)  +[\d,]+  "
    ),
    ("first-environment.md", "make plan STACK=dev"): Claim(("OK", "BILL", "BEFORE")),
    ("models.md", "llm-platform fit"): Claim(
        (
            r"(?m)^g6e\.xlarge serves it at the lowest price per replica: 1 x L40S",
            r"(?m)^27\.\d GiB of weights .* 4 x 16,384 tokens",
        )
    ),
    ("models.md", "llm-platform diff dev"): Claim(
        (r"(?m)^dev · us-east-1 · ", *WHOLE_PLAN, "adds assistant", r"add NodeGroup l40s-nodes", r"models\.assistant"),
    ),
    ("ollama-to-vllm.md", "llm-platform fit"): Claim((r"(?m)^fits: 1 x L4 \(g6\.xlarge, \$", r"8 x 8,192 tokens need")),
    ("existing-eks.md", "make plan STACK=shared"): Claim(
        (
            r"(?m)^shared · us-east-1 · EKS cluster shared-prod, which exists",
            r"ASSUMED",
            r"BEFORE",
            r"NodeGroup|GpuPool",
        )
    ),
    ("own-servers.md", "make plan STACK=own"): Claim((r"(?m)^own · ", r"SERVERS +holds", "lose one")),
    ("simulate.md", "llm-platform simulate prod"): Claim((r"(?m)^prod · 1 day of about 32,\d+ requests", "MODELS")),
    ("update.md", "llm-platform plan prod"): Claim(
        (r"(?m)^prod · us-east-1 · ",), {PROD: ("amiRelease: ", "addonVersions:", "# tensor parallel")}
    ),
    ("update.md", "make test"): Claim(
        (r"budget\.usdPerMonth +30000 → 31000", "ACCESS", "RESTARTS", "exposure +no change", "The whole suite takes"),
        changed=(PROD, "usdPerMonth: 30000", "usdPerMonth: 31000"),
    ),
    ("why.md", "llm-platform plan prod"): Claim(
        (r"(?m)^prod · ScaledObject", r"l4-nodes +aws:eks/nodeGroup:NodeGroup +")
    ),
    ("upgrade.md", "llm-platform plan dev"): Claim((), {DEV: ("amiRelease: ", "addonVersions:")}),
    ("reviewer.md", "llm-platform diff prod"): Claim(
        (r"budget\.usdPerMonth +30000 → 31000", "ACCESS", "RESTARTS"),
        changed=(PROD, "usdPerMonth: 30000", "usdPerMonth: 31000"),
    ),
}


def claim_of(block: Block) -> Claim:
    """The claim, by the last line that starts a command."""
    last = [line for line in block.text.splitlines() if line[:1].strip() and line[0] != "#"][-1]
    (found,) = [claim for (page, start), claim in CLAIMS.items() if page == block.page.name and last.startswith(start)]
    return found


def prepare(block: Block, project: Path) -> None:
    """What its reader has written by then: the page's own parts of stack files, and an edit."""
    for part in blocks_of(block.page):
        name = part.first_line.removeprefix("# ")
        if part.line > block.line or part.language != "yaml":
            continue
        if (ROOT / name).is_file() and "diff" in block.text:
            merge(project / name, part.text)
        elif name.startswith("stacks/"):
            _write_new(project / name, part.text)
    if changed := claim_of(block).changed:
        file, old, new = changed
        text = (project / file).read_text(encoding="utf-8")
        assert old in text
        (project / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def _write_new(file: Path, text: str) -> None:
    """A whole stack file, where the page has one."""
    if not file.exists() and "\nconfig:" in f"\n{text}":
        file.write_text(text, encoding="utf-8")


def merge(file: Path, part: str) -> None:
    yaml = YAML()
    whole = yaml.load(file)
    platform = whole["config"]["llm-platform:platform"]
    for section, things in yaml.load(part).items():
        platform.setdefault(section, {}).update(things)
    yaml.dump(whole, file)


def missing(claim: Claim, printed: str, project: Path) -> list[str]:
    """Patterns that nothing matches."""
    found = [pattern for pattern in claim.prints if not re.search(pattern, printed)]
    for file, patterns in claim.writes.items():
        text = (project / file).read_text(encoding="utf-8")
        found += [f"{file}: {pattern}" for pattern in patterns if not re.search(pattern, text)]
    figures = [float(each) for each in re.findall(claim.in_order, printed)] if claim.in_order else []
    if claim.in_order and (len(figures) < 2 or figures != sorted(figures)):
        found.append(f"{claim.in_order} in order: {figures}")
    return found
