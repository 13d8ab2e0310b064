"""Rules for `tags`, which every AWS resource of the stack carries."""

import re

from infra.settings.checks.scope import Scope
from infra.settings.mistakes import Key

# AWS allows 50 tags per resource; the program itself sets up to 10 on node groups and subnets.
_MAX_TAGS, _LONGEST_TAG, _LONGEST_VALUE = 40, 128, 256
_TAG_TEXT = re.compile(r"[\w .:/=+@-]*")
_OUR_TAGS = re.compile(r"Name$|kubernetes\.io/|k8s\.io/|eks:|karpenter\.sh/")


def check_tags(scope: Scope) -> None:
    tags = scope.settings.tags
    if len(tags) > _MAX_TAGS:
        got = f"{len(tags)} tags; AWS allows 50 per resource, and the program itself needs some of them"
        scope.report.out_of_place(("tags",), got, f"write at most {_MAX_TAGS}")
    for name, value in tags.items():
        key: Key = ("tags", name)
        if name.lower().startswith("aws:"):
            scope.report.wrong(key, "aws: is reserved by AWS", "write another name")
        elif _OUR_TAGS.match(name):
            scope.report.wrong(key, "the program and Kubernetes set this tag", "write another name")
        elif not 1 <= len(name) <= _LONGEST_TAG or len(value) > _LONGEST_VALUE:
            got = f"AWS allows names of 1 to {_LONGEST_TAG} characters and values of at most {_LONGEST_VALUE}"
            scope.report.wrong(key, got, "write it shorter" if name else "write a name")
        elif not _TAG_TEXT.fullmatch(name) or not _TAG_TEXT.fullmatch(value):
            scope.report.wrong(
                key, "AWS allows letters, digits, spaces and _ . : / = + - @", "write it without the others"
            )
