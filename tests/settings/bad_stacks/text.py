"""Mistakes in the text itself, or in its top-level keys."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, Bad, stack

TEXT = (
    Bad(
        "empty file",
        "",
        (Mistake("file", None, "empty", "write config: {llm-platform:platform: {cluster: ..., models: ...}}"),),
    ),
    Bad(
        "only a comment",
        "# nothing yet\n",
        (Mistake("file", None, "empty", "write config: {llm-platform:platform: {cluster: ..., models: ...}}"),),
    ),
    Bad(
        "invalid YAML", "config: [1, 2\nmore: }\n", (Mistake("file", 2, "not YAML: expected ',' or ']', but got ':'"),)
    ),
    Bad(
        "a value that begins a comment",
        "config:\n  team: {slack: {channel: #llm, keySecret: alertKey-slack}}\n  more: 1\n",
        (
            Mistake(
                "file", 3, "not YAML: expected ',' or '}', but got ':'", 'write "#llm" in quotes: # begins a comment'
            ),
        ),
    ),
    Bad(
        "a tab",
        "config:\n\tllm-platform:platform: {}\n",
        (Mistake("file", 2, "not YAML: found character '\\t' that cannot start any token", "indent with spaces"),),
    ),
    Bad(
        "an unknown alias",
        stack(CLUSTER, MODEL, "tags: *common"),
        (Mistake("file", 6, "alias *common has no anchor before it", "write &common at the first value"),),
    ),
    Bad(
        "a list at the top",
        "- config\n",
        (
            Mistake(
                "file",
                1,
                "not a mapping at the top",
                "write config: {llm-platform:platform: {cluster: ..., models: ...}}",
            ),
        ),
    ),
    Bad(
        "no config",
        "encryptionsalt: v1:abc\n",
        (Mistake("config", None, "missing", "write config: {llm-platform:platform: {cluster: ..., models: ...}}"),),
    ),
    Bad(
        "no platform",
        "config:\n  aws:region: us-east-1\n",
        (
            Mistake(
                "llm-platform:platform", None, "missing", "write llm-platform:platform: {cluster: ..., models: ...}"
            ),
        ),
    ),
    Bad(
        "a mistyped top-level key",
        stack(LAPTOP, CPU, region=None) + "confg: {}\n",
        (Mistake("confg", 5, "unknown key; did you mean config?"),),
    ),
    Bad(
        "a mistyped config key",
        "config:\n  llm-platform:platfrom: {}\n",
        (Mistake("llm-platform:platfrom", 2, "unknown key; did you mean llm-platform:platform?"),),
    ),
    Bad(
        "a second document",
        stack(LAPTOP, CPU, region=None) + "---\nconfig: {}\n",
        (Mistake("file", 6, "a second YAML document, and Pulumi reads the first only", "write one, without ---"),),
    ),
    Bad(
        "a mistyped namespace",
        stack(LAPTOP, CPU, region=None) + "  llm-platfrom:huggingFaceToken: {secure: v1:abc}\n",
        (Mistake("llm-platfrom:huggingFaceToken", 5, "unknown key; did you mean llm-platform:huggingFaceToken?"),),
    ),
    Bad(
        "a mistyped namespace of the whole",
        "config:\n  llm_platform:platform: {}\n",
        (Mistake("llm_platform:platform", 2, "unknown key; did you mean llm-platform:platform?"),),
    ),
    Bad(
        "a key written twice",
        stack(CLUSTER, MODEL, "protect: true", "tags: {}", "protect: false"),
        (Mistake("protect", 8, "written twice, on lines 6 and 8", "keep one of them"),),
    ),
    Bad(
        "a key written three times, deep down",
        stack(CLUSTER, "models:", "  a:", "    model: Qwen/Qwen3-8B", "    gpus: 1", "    gpus: 2", "    gpus: 1"),
        (
            Mistake("models.a.gpus", 9, "written twice, on lines 8 and 9", "keep one of them"),
            Mistake("models.a.gpus", 10, "written twice, on lines 8 and 10", "keep one of them"),
        ),
    ),
    Bad(
        "platform is a list",
        "config:\n  llm-platform:platform: [cluster, models]\n",
        (
            Mistake(
                "llm-platform:platform", 2, "got a list", "write llm-platform:platform: {cluster: ..., models: ...}"
            ),
        ),
    ),
    Bad(
        "an unquoted date",
        stack(CLUSTER, MODEL, "tags: {since: 2026-01-02}"),
        (
            Mistake(
                "tags.since",
                6,
                'an unquoted date; Pulumi reads it as "2026-01-02 00:00:00 +0000 UTC"',
                'write "2026-01-02"',
            ),
        ),
    ),
    Bad(
        "config is a list",
        "config: [1]\n",
        (Mistake("config", 1, "not a mapping", "write config: {llm-platform:platform: {cluster: ..., models: ...}}"),),
    ),
    Bad(
        "platform with and without namespace",
        "config:\n  platform: {}\n  llm-platform:platform: {}\n",
        (
            Mistake(
                "cluster",
                3,
                "missing; needs a mapping with create, existing",
                'write, for example, cluster: {create: {version: "1.35"}}',
            ),
            Mistake("llm-platform:platform", 3, "written twice, with and without `llm-platform:`", "keep one of them"),
            Mistake(
                "models",
                3,
                "missing; needs a mapping of names",
                "write, for example, models: {qwen3-8b: {model: Qwen/Qwen3-8B}}",
            ),
        ),
    ),
    Bad(
        "a number that JSON lacks",
        stack(CLUSTER, MODEL, "budget: {usdPerMonth: .inf}"),
        (Mistake("file", 6, "a stack file can't contain .inf", "write a finite number"),),
    ),
)
