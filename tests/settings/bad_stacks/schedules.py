"""Schedules: windows that never open, are always open, or ask for two numbers at once."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, Bad, stack

_EUROPE = "timezone: Europe/Amsterdam"

SCHEDULES = (
    Bad(
        "schedules",
        stack(
            CLUSTER,
            "models:",
            "  small:",
            "    model: Qwen/Qwen3-4B",
            "    replicas: {min: 1, max: 2}",
            "    schedule:",
            '    - {days: mon-fri, from: "08:00", to: "08:00", timezone: Europe/Amstredam, min: 1}',
            '    - {days: mon-fri, from: "08:00", to: "19:00", timezone: Amsterdam, min: 3}',
            '    - {days: monday, from: 8, to: "25:00", timezone: UTC, min: 0}',
            "  night:",
            "    model: Qwen/Qwen3-4B",
            "    replicas: {min: 0, max: 2}",
            "    schedule:",
            f'    - {{days: mon-fri, from: "22:00", to: "06:00", {_EUROPE}, min: 1}}',
            f'    - {{days: sat, from: "05:00", to: "19:00", {_EUROPE}, min: 2}}',
            '    - {days: sun, from: "05:00", to: "19:00", timezone: Mars/Base, min: 2}',
            "  always:",
            "    model: Qwen/Qwen3-4B",
            "    replicas: {min: 0, max: 2}",
            '    schedule: [{days: daily, from: "00:00", to: "24:00", timezone: UTC, min: 1}]',
            "  fixed:",
            "    model: Qwen/Qwen3-4B",
            f'    schedule: [{{days: daily, from: "08:00", to: "19:00", {_EUROPE}, min: 1}}]',
            "  none: {model: Qwen/Qwen3-4B, replicas: {min: 0, max: 1}, schedule: []}",
        ),
        (
            Mistake(
                "models.small.schedule[0].min",
                10,
                "1 is not more than replicas.min, 1: the window changes nothing",
                "write min: 2 or more, or replicas: {min: 0, max: 2} for a model that sleeps outside its windows",
            ),
            Mistake(
                "models.small.schedule[0].timezone",
                10,
                "unknown time zone Europe/Amstredam",
                "did you mean Europe/Amsterdam or Europe/Astrakhan?",
            ),
            Mistake(
                "models.small.schedule[0].to",
                10,
                "from and to are both 08:00: the window never opens",
                'write another time, such as to: "19:00"; or from: "00:00" and to: "24:00" for whole days',
            ),
            Mistake(
                "models.small.schedule[1].min",
                11,
                "3 is more than replicas.max, 2",
                "write min: 2 or less, or replicas: {min: 1, max: 3}",
            ),
            Mistake(
                "models.small.schedule[1].timezone", 11, "unknown time zone Amsterdam", "did you mean Europe/Amsterdam?"
            ),
            Mistake(
                "models.small.schedule[2].days",
                12,
                'got "monday"; allowed: a word for days: daily, mon-fri or mon,wed,sat-sun',
                "write, for example, days: mon-fri",
            ),
            Mistake(
                "models.small.schedule[2].from",
                12,
                "got the number 8; allowed: a time of day, quoted",
                'write, for example, from: "08:00"',
            ),
            Mistake(
                "models.small.schedule[2].min",
                12,
                "got the number 0; allowed: a whole number from 1 to 1000",
                "write, for example, min: 1",
            ),
            Mistake(
                "models.small.schedule[2].to",
                12,
                'got "25:00"; allowed: a time of day up to 24:00, quoted',
                'write, for example, to: "19:00"',
            ),
            Mistake(
                "models.night.schedule[1]",
                18,
                "overlaps with schedule[0], mon-fri 22:00 to 06:00 Europe/Amsterdam: min 2 and min 1 at the same time",
                "write windows that end before the next one begins",
            ),
            Mistake("models.night.schedule[2].timezone", 19, "unknown time zone Mars/Base", "write Europe/Amsterdam"),
            Mistake(
                "models.always.schedule",
                23,
                "its windows are always open: there is no hour outside of them",
                "write windows that leave hours out; or write replicas.min: 1 and leave schedule out",
            ),
            Mistake(
                "models.fixed.schedule[0].min",
                26,
                "1 is not more than replicas.min, 1: the window changes nothing",
                "write replicas: {min: 0, max: 1} for a model that sleeps outside its windows",
            ),
            Mistake(
                "models.none.schedule",
                27,
                "got an empty list; allowed: a list of 1 to 16, each a mapping with days, from, to, timezone, min",
                'write, for example, schedule: [{days: mon-fri, from: "08:00", to: "19:00", timezone: Europe/Amsterdam,'
                " min: 1}]",
            ),
        ),
    ),
)
