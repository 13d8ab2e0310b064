"""Text and tables that are never wider than the terminal, in which no word is split and no header has three lines.

Where a table has no room, its last columns go below each row, with their titles. Standard library only: `fit` stays
light.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

Row = tuple[str, ...]

_GAP = 2
_INDENT = 2  # of a name under the title of its table
_BELOW = 4  # indent of what stands below a name
_TEXT = 40  # a wider column is text, which may be wrapped
_MIN_TEXT = 36  # text in fewer columns is read more easily below its row
_BREAKS = "./,:=]"  # behind which a word may be split that no line could hold
_TITLE = 24  # columns of a title; a longer one has a line to itself
_READ_TOGETHER = 2  # columns of figures: now without after says little


@dataclass(frozen=True)
class Column:
    title: str
    right: bool = False
    fixed: bool = False  # never wrapped, letters of one width


@dataclass(frozen=True)
class _Filled:
    """A column with its cells."""

    column: Column
    cells: Row

    @cached_property
    def natural(self) -> int:
        return max(map(cells_of, self.cells), default=0)

    @cached_property
    def longest_word(self) -> int:
        return max((cells_of(word) for cell in self.cells for word in cell.split()), default=0)

    def is_text(self, room: int) -> bool:
        return not self.column.fixed and self.natural > min(_TEXT, room)

    def minimum(self, room: int, header_lines: int) -> int:
        body = max(_MIN_TEXT, self.longest_word) if self.is_text(room) else self.natural
        return max(body, *map(cells_of, self.header(header_lines, body)))

    def maximum(self, header_lines: int) -> int:
        return max(self.natural, *map(cells_of, self.header(header_lines, self.natural)))

    def header(self, lines: int, width: int) -> list[str]:
        """On one line where it fits or has to, else on two, as narrow as that allows."""
        title = self.column.title
        words = title.split()
        if lines == 1 or len(words) < 2 or cells_of(title) <= width:
            return [title]
        halves = ([" ".join(words[:n]), " ".join(words[n:])] for n in range(1, len(words)))
        return min(halves, key=lambda pair: max(map(cells_of, pair)))


@dataclass(frozen=True)
class _Grid:
    """Columns side by side, and the others below their row."""

    beside: Sequence[_Filled]
    below: Sequence[_Filled]
    lead: int  # columns of the names
    width: int
    header_lines: int

    @property
    def room(self) -> int:
        return self.width - self.lead

    @property
    def fits(self) -> bool:
        return not self.beside or self._spare() >= 0

    def header(self, title: str) -> list[str]:
        """The title stands over the names, or on a line to itself."""
        if cells_of(title) > _TITLE or not any(each.column.title for each in self.beside):
            title, lines = "", wrapped(title, self.width)
        else:
            lines = []
        pairs = zip(self.beside, self._widths, strict=True)
        headers = [each.header(self.header_lines, width) for each, width in pairs]
        depth = max(map(len, headers), default=0)
        columns = [[""] * (depth - len(header)) + header for header in headers]
        firsts = [""] * (depth - 1) + [title]
        shown = [self._line(first, row) for first, row in zip(firsts, zip(*columns, strict=True), strict=False)]
        return lines + [line for line in shown if line]

    def row(self, number: int, name: str) -> Iterator[str]:
        """The name beside its cells; before them where all of them are below."""
        below = [each for each in self.below if each.cells[number]]
        if name and not self.beside and below and not (below[0].column.title or below[0].is_text(self.room)):
            name = f"{name}: {below.pop(0).cells[number]}"
        names = wrapped(name, self.lead - _GAP if self.beside else self.width, " " * _INDENT)
        pairs = zip(self.beside, self._widths, strict=True)
        columns = [names, *(wrapped(each.cells[number], width) for each, width in pairs)]
        for n in range(max(map(len, columns))):
            first, *cells = (column[n] if n < len(column) else "" for column in columns)
            yield self._line(first, cells)
        for line in self._lines_below(below, number):
            yield from wrapped(line, self.width, " " * _BELOW)

    def _lines_below(self, below: Iterable[_Filled], number: int) -> list[str]:
        """Each with its title; a text has a line to itself, and no figure stands without its title."""
        lines: list[str] = []
        takes_more = False
        for each in below:
            said = f"{each.column.title}: {each.cells[number]}" if each.column.title else each.cells[number]
            is_text = each.is_text(self.room)
            if takes_more and not is_text and _BELOW + cells_of(f"{lines[-1]}; {said}") <= self.width:
                lines[-1] += f"; {said}"
            else:
                lines.append(said)
            takes_more = not is_text
        return lines

    def _spare(self) -> int:
        return self.room - sum(map(self._minimum, self.beside)) - _GAP * (len(self.beside) - 1)

    def _minimum(self, each: _Filled) -> int:
        """A word that no line holds is split beside a number too: it has hardly more room below."""
        minimum = each.minimum(self.room, self.header_lines)
        return min(minimum, self.room) if self.lead <= 2 * _BELOW else minimum

    @cached_property
    def _widths(self) -> list[int]:
        """What is spare goes to the columns that can use it, to each alike."""
        widths = [self._minimum(each) for each in self.beside]
        wanted = [each.maximum(self.header_lines) - width for each, width in zip(self.beside, widths, strict=True)]
        spare = self._spare()
        for done, n in enumerate(sorted(range(len(widths)), key=lambda n: wanted[n])):
            more = min(wanted[n], spare // (len(widths) - done))
            widths[n] += more
            spare -= more
        return widths

    def _line(self, first: str, cells: Iterable[str]) -> str:
        columns = zip(self.beside, cells, self._widths, strict=True)
        padded = (_padded(cell, width, right=each.column.right) for each, cell, width in columns)
        return (_padded(first, self.lead) + (" " * _GAP).join(padded)).rstrip()


def cells_of(text: str) -> int:
    """Columns of a terminal that the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of whole words. A word that no line could hold is split, since the terminal would do it."""
    indent += " " * (len(text) - len(text.lstrip(" ")))
    room = width - cells_of(indent)
    return [indent + line for line in _lines((piece for word in text.split() for piece in _pieces(word, room)), room)]


def wrapped_title(title: str, width: int, separator: str) -> list[str]:
    """Broken behind a separator, where a line has room for each part."""
    *parts, last = title.split(f" {separator} ")
    parts = [*(f"{each} {separator}" for each in parts), last]
    return list(_lines(parts, width)) if max(map(cells_of, parts)) <= width else wrapped(title, width)


def _lines(pieces: Iterable[str], room: int) -> Iterator[str]:
    """As many pieces on each line as it has room for."""
    line = ""
    for piece in pieces:
        if line and cells_of(line) + 1 + cells_of(piece) > room:
            yield line
            line = piece
        else:
            line = f"{line} {piece}" if line else piece
    if line:
        yield line


def _pieces(word: str, room: int) -> Iterator[str]:
    """A long path is split behind a dot, a slash or the like, where it has one."""
    while cells_of(word) > room:
        fitting = next(n for n in range(len(word), 0, -1) if n == 1 or cells_of(word[:n]) <= room)
        found = max(word.rfind(each, 0, fitting) for each in _BREAKS) + 1
        fitting = found if found > fitting // 2 else fitting
        yield word[:fitting]
        word = word[fitting:]
    if word:
        yield word


def table(title: str, columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[str]:
    """The first cell of a row is its name, over which the title stands."""
    filled = [_Filled(column, tuple(row[n] for row in rows)) for n, column in enumerate(columns, 1)]
    filled = [each for each in filled if each.column.title or any(each.cells)] or filled[:1]
    names = [row[0] for row in rows]
    over = title if cells_of(title) <= _TITLE and any(each.column.title for each in filled) else ""
    grid = next(each for each in _grids(over, names, filled, width) if each.fits)
    return grid.header(title) + [line for number, name in enumerate(names) for line in grid.row(number, name)]


def _grids(title: str, names: Sequence[str], filled: Sequence[_Filled], width: int) -> Iterator[_Grid]:
    """The first has the largest number of columns beside each name; the last has none there."""
    for count in range(len(filled), 0, -1):
        for lead in _leads(title, names, width):
            texts = [each.is_text(width - lead) for each in filled]
            for beside in _beside(count, texts, wraps=lead < _natural(names)):
                below = [each for n, each in enumerate(filled) if n not in beside]
                yield from (_Grid([filled[n] for n in beside], below, lead, width, lines) for lines in (1, 2))
    yield _Grid((), filled, _BELOW, width, 1)


def _beside(count: int, texts: Sequence[bool], *, wraps: bool) -> Iterator[list[int]]:
    """The first columns, or those of them that aren't text; figures that are read together aren't parted."""
    if (count >= _READ_TOGETHER or count == len(texts)) and not (wraps and any(texts[:count])):
        yield [*range(count)]
    short = [n for n in range(count) if not texts[n]]
    if len(short) >= _READ_TOGETHER:
        yield short


def _leads(title: str, names: Sequence[str], width: int) -> Iterator[int]:
    """Columns for the names: what they take up to half the width, else less, in which they are wrapped."""
    minimum = max([_INDENT + cells_of(word) for name in names for word in name.split()], default=0)
    for maximum in (width // 2, width // 3):
        if minimum <= maximum:
            yield max(min(_natural(names), maximum + _GAP), cells_of(title) + _GAP)


def _natural(names: Sequence[str]) -> int:
    return max([_INDENT + cells_of(name) for name in names], default=0) + _GAP


def _padded(text: str, width: int, *, right: bool = False) -> str:
    spaces = " " * (width - cells_of(text))
    return spaces + text if right else text + spaces
