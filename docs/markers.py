"""Replaces the parts of a page that the program writes, each between two comments; the rest of the page stays."""

import re
from collections.abc import Mapping


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """The page with each block between its markers. A block without markers, or markers without a block, are a
    mistake."""
    marked = re.findall(r"<!-- (\w[\w ]*): begin -->", text)
    if sorted(marked) != sorted(blocks):
        raise ValueError(f"the page has markers for {marked}, the program makes {list(blocks)}")
    pattern = re.compile(r"(<!-- (\w[\w ]*): begin -->\n).*?(<!-- \2: end -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{blocks[found[2]]}\n{found[3]}", text)


def table(head: list[str], rows: list[list[str]], right: int = 0) -> str:
    """Markdown; the last `right` columns are numbers."""
    ruler = ["---"] * (len(head) - right) + ["---:"] * right
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ruler, *rows))
