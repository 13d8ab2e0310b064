"""What was chosen and made, and what to look at."""

from collections import Counter

from infra.cli.document import Section, columns
from infra.owner import is_component
from infra.plan.alike import alike, parts
from infra.plan.notes import Chosen, Note
from infra.plan.plan import Plan
from infra.plan.words import count
from infra.plan.writes import shown
from infra.recording import Recording

_VERSIONS = ".addonVersions"


def violations_section(plan: Plan) -> Section:
    rows = [(each.rule, f"{each.path}: {each.message}. To fix it: {each.fix}") for each in plan.violations]
    return Section("REFUSED", columns(""), rows)


def chosen_section(plan: Plan) -> Section:
    """Each value with its reason; what is the same of several named things, or add-ons, is one row, and so are versions
    that one table has."""
    grouped = ((_grouped(each), each) for each in plan.chosen.values())
    groups = alike((name, (group, value, each.reason)) for (group, name, value), each in grouped)
    rows = [_choice(*what, names) for what, names in groups.items()]
    note = (
        f"`plan {plan.stack} --pin` writes them into the stack file, so that an upgrade or new prices can't change them"
    )
    return Section("CHOSEN", columns("", ""), rows, note, folded=True)


def _grouped(choice: Chosen) -> tuple[str, str, str]:
    """`models.chat.gpus` as `models.*.gpus` and `chat`; an add-on has its chart with its name, or its version. And the
    value."""
    section, name, key = parts(choice.path)
    value = shown(choice.value)
    if section == "addons" and choice.detail:
        return section, f"{key} ({choice.detail})", value
    above, _, last = choice.path.rpartition(".")
    if above.endswith(_VERSIONS):
        return above, f"{last} {value}", ""
    return (f"{section}.*.{key}", name, value) if name else (choice.path, "", value)


def _choice(path: str, value: str, reason: str, names: list[str]) -> tuple[str, str, str]:
    if path == "addons" or path.endswith(_VERSIONS):
        return path, value or count(len(names), "version"), f"{reason}: {', '.join(names)}"
    if len(names) > 1:
        return path, value, f"{', '.join(names)}: {reason}"
    return path.replace(".*.", f".{names[0]}.") if names[0] else path, value, reason


def resources_section(recording: Recording) -> Section:
    """Counted by the component that they belong to; the whole list is in the JSON."""
    made: Counter[str] = Counter()
    components: Counter[str] = Counter()
    for resource in recording.resources:
        chain = resource.urn.split("::")[2].split("$")
        name = chain[0].split(":")[-1] if is_component(chain[0]) else "the stack and the rest"
        made[name] += 1
        components[name] += len(chain) == 1 and is_component(chain[0])
    text = " · ".join(
        f"{f'{components[name]} x ' if components[name] > 1 else ''}{name} {n}" for name, n in made.items()
    )
    return Section(
        "RESOURCES",
        (),
        ((text,),),
        note="the number after each component is that of its resources; `--out DIR` writes a file for each",
        folded=True,
    )


def notes_section(title: str, notes: tuple[Note, ...], *, folded: bool = False) -> Section:
    said = (f"{note.path}: {note.message}" if note.path else note.message for note in notes)
    return Section(title, columns(""), [(str(number), each) for number, each in enumerate(said, 1)], folded=folded)
