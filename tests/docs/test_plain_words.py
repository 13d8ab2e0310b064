"""The repository doesn't use the words that the table in docs/words.md lists."""

import ast
import io
import itertools
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "docs" / "words.md"
GENERATED = ("docs/stack-file.md", "docs/*.svg", "docs/*.json")  # their texts are written in infra/
FOLDERS = (  # only grows
    "README.md",
    "CONTRIBUTING.md",
    "components",
    "docs",
    "benchmarks",
    "client",
    "examples",
    "stacks",
    "infra",
    "Makefile",
    ".github",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "tests",
    ".ci",
    "__main__.py",
)
LANGUAGES = ("*.py", "*.md", "*.y*ml", "*.toml", "*.txt", "*.csv", "*.ts", "*.js", "*.html", "*.css", "Makefile")
_NUMBER = r"\$?[\d.,]*\d|"
_COMMA = re.compile(r",\s+")
_BLOCK = re.compile(r"<!-- (\w[\w ]*): begin -->.*?<!-- \1: end -->", re.DOTALL)


class Rule(NamedTuple):
    """One phrase of the table: its pattern, what to write instead, and the contexts in which it is right."""

    phrase: str
    pattern: re.Pattern[str]
    instead: str
    right: tuple[re.Pattern[str], ...]


def _kinds(page: str) -> dict[str, str]:
    """For each word in capitals, the expression for the words that the page lists."""
    found = re.findall(r"^`([A-Z]+)` is (a number or )?one of: (.*?)\.$", page, re.MULTILINE | re.DOTALL)
    return {
        name: rf"(?:{_NUMBER if number else ''}{'|'.join(map(re.escape, re.split(_COMMA, words)))})"
        for name, number, words in found
    }


def rules() -> list[Rule]:
    page = WORDS.read_text(encoding="utf-8")
    kinds = _kinds(page)

    def pattern(phrase: str) -> re.Pattern[str]:
        words = r"\s+".join(kinds.get(word, re.escape(word)) for word in phrase.split())
        return re.compile(rf"(?<!\w){words}(?![\w-])", re.IGNORECASE)

    found = []
    for phrases, instead, right in re.findall(r"^\| (`.*?) \| (.*?) \|(.*)\|$", page, re.MULTILINE):
        allowed = tuple(pattern(each) for each in re.findall(r"`(.*?)`", right))
        found += [Rule(phrase, pattern(phrase), instead, allowed) for phrase in re.findall(r"`(.*?)`", phrases)]
    return found


RULES = rules()


def old_words(text: str) -> Iterator[tuple[int, str]]:
    """The positions of old words in the text, and what to write instead."""
    for rule in RULES:
        fine = [found.span() for each in rule.right for found in each.finditer(text)]
        for found in rule.pattern.finditer(text):
            if not any(start < found.end() and found.start() < end for start, end in fine):
                yield found.start(), f"{' '.join(found[0].split())!r}: write {rule.instead}"


def said_wrongly(path: Path) -> Iterator[str]:
    for line, text in passages(path):
        for place, what in old_words(text):
            newlines = text.count("\n", 0, place)
            yield f"{path.relative_to(ROOT)}:{line + newlines}: {what}"


class Passage(NamedTuple):
    line: int
    text: str


def passages(path: Path) -> list[Passage]:
    """The texts of a file for its reader. Of a test, which quotes messages, only the comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [Passage(1, _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), text))]
    tree = ast.parse(text)
    quotes = path.is_relative_to(ROOT / "tests")
    if quotes:
        return [*_comments(text), *_test_names(tree), *_docstrings(tree)]
    return [*_comments(text), *_names(tree), *_strings(tree)]


def _comments(text: str) -> Iterator[Passage]:
    """Each comment, joined with the comments that follow it in the same column of the next lines."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [(token.start, token.string.lstrip("# ")) for token in tokens if token.type == tokenize.COMMENT]
    for _, group in itertools.groupby(enumerate(comments), lambda each: (each[1][0][0] - each[0], each[1][0][1])):
        (_, ((line, _), first)), *rest = group
        yield Passage(line, "\n".join([first, *(said for _, (_, said) in rest)]))


def _test_names(tree: ast.Module) -> Iterator[Passage]:
    """The names of tests are sentences."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Passage(node.lineno, node.name.replace("_", " "))


def _names(tree: ast.Module) -> Iterator[Passage]:
    """The names that a file defines, as words."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield Passage(node.lineno, node.name.replace("_", " "))
        elif isinstance(node, ast.arg):
            yield Passage(node.lineno, node.arg.replace("_", " "))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Passage(node.lineno, node.id.replace("_", " "))


def _docstrings(tree: ast.Module) -> Iterator[Passage]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            yield Passage(node.body[0].lineno, ast.get_docstring(node, clean=False) or "")


def _strings(tree: ast.Module) -> Iterator[Passage]:
    """Every string of more than one word, with a number in the place of each value."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else 0 for part in node.values)
            yield Passage(node.lineno, "".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield Passage(node.lineno, node.value if " " in node.value.strip() else "")


def files() -> list[Path]:
    """The files of the folders that git tracks or would track, in a language that people read."""
    ignored = [f":!{each}" for each in (*GENERATED, "*/vendor/*", WORDS.relative_to(ROOT).as_posix())]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *FOLDERS, *ignored]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for name in names for path in (ROOT / name,) if path.exists() and any(map(path.match, LANGUAGES))]


@pytest.mark.programs
def test_nothing_is_said_in_an_old_word() -> None:
    assert [where for path in files() for where in said_wrongly(path)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dollars a month", ["'a month'", "'dollars a month'"]),
        ("$0.98 an hour, 8 GPUs\na node", ["'$0.98 an hour'", "'GPUs a node'", "'an hour'"]),
        ("dollars of it a month; one Job a model", ["'a month'", "'one Job a model'"]),
        ("in a month; a second replica; waits for the pods a second time; 4 GiB per replica", []),
        ("at least 4 GPUs, at most 8, most of them", []),
        ("the most replicas, at the least price; the least", ["'least'", "'most'"]),
        ("what mends it", ["'mends'"]),
        ("recommended amendments", []),
        ("a key of its own", ["'of its own'"]),
        ("the quota of their own region", []),
    ],
)
def test_an_old_word_is_found_where_it_is_wrong(text: str, found: list[str]) -> None:
    assert sorted(what.partition(": ")[0] for _, what in old_words(text)) == sorted(found)


def test_a_python_file_is_read_as_its_reader_sees_it(tmp_path: Path) -> None:
    source = tmp_path / "file.py"
    source.write_text(
        '"""A docstring."""\n\nNAME = "most"  # dollars\nTEXT = (\n    f"{NAME} a "\n    "month"\n)\n# a\n# b\n',
        encoding="utf-8",
    )
    assert [(line, text) for line, text in passages(source) if text] == [
        (3, "dollars"),
        (8, "a\nb"),
        (3, "NAME"),
        (4, "TEXT"),
        (1, "A docstring."),
        (5, "0 a month"),
    ]
