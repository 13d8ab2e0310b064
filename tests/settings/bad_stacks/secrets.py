"""Secrets in plain text."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, CPU, LAPTOP, MODEL, Bad, model, stack

SECRETS = (
    Bad(
        "a secret in plain text",
        stack(LAPTOP, CPU, region=None) + "  llm-platform:huggingFaceToken: hunter2\n",
        (
            Mistake(
                "huggingFaceToken",
                5,
                "a secret in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret huggingFaceToken -s dev",
            ),
        ),
    ),
    Bad(
        "a secret in the platform",
        stack(CLUSTER, MODEL, "huggingFaceToken: hunter2"),
        (
            Mistake(
                "huggingFaceToken",
                6,
                "a secret is a separate key (value not shown)",
                "pulumi config set --secret huggingFaceToken -s dev",
            ),
        ),
    ),
    Bad(
        "a token anywhere",
        stack(CLUSTER, model("extraArgs: [--enable-prefix-caching, hf_AbCdEfGhIjKl]"), "tags: {hf_AbCdEfGhIjKl: x}"),
        (
            Mistake(
                "models.a.extraArgs[1]",
                5,
                "a credential in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret huggingFaceToken -s dev",
            ),
            Mistake(
                "tags.(not shown)",
                6,
                "a credential in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret huggingFaceToken -s dev",
            ),
        ),
    ),
    Bad(
        "a client's key in plain text",
        stack(LAPTOP, CPU, "gateway: {clients: {web: {}}}", region=None) + "  llm-platform:clientKey-web-1: hunter2\n",
        (
            Mistake(
                "clientKey-web-1",
                6,
                "a secret in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret clientKey-web-1 -s dev",
            ),
        ),
    ),
    Bad(
        "a client's key without its number",
        stack(LAPTOP, CPU, region=None) + "  llm-platform:clientKey-web: {secure: v1:abc}\n",
        (
            Mistake(
                "llm-platform:clientKey-web",
                5,
                "unknown key; did you mean llm-platform:clientKey-NAME-1?",
            ),
        ),
    ),
    Bad(
        "keys of no client, of one that has it elsewhere, and one that is not valid",
        stack(LAPTOP, CPU, "gateway: {clients: {web: {keys: [2, 3]}}}", region=None)
        + "".join(f"  llm-platform:clientKey-{each}: {{secure: v1:a}}\n" for each in ("wbe-1", "default-1", "web-1"))
        + "".join(f"  llm-platform:clientKey-{each}: {{secure: v1:a}}\n" for each in ("web-3", "web-4", "default-2")),
        (
            Mistake(
                "clientKey-wbe-1",
                6,
                "gateway.clients has no wbe; did you mean web?",
                "pulumi config rm clientKey-wbe-1 -s dev",
            ),
            Mistake(
                "clientKey-default-1",
                7,
                "the first key of default is another secret",
                "pulumi config set --secret apiKey -s dev",
            ),
            Mistake(
                "clientKey-web-1",
                8,
                "not valid: gateway.clients.web.keys has 2 and 3, and the next is 4",
                "pulumi config rm clientKey-web-1 -s dev",
            ),
        ),
    ),
)
