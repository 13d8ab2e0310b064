"""Text and tables that are never wider than the terminal, in which no word is split and no header has three lines.

Where a table has no room, long text goes below its row; where that isn't enough, the last columns follow as a second
table. Standard library only: `fit` stays light.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Row = tuple[str, ...]

_GAP = 2
_INDENT = 2  # of a name under the title of its table
_BELOW = 4  # indent of what stands below a name
_TEXT = 40  # a wider column is text, which may be wrapped
_LEAST_TEXT = 36  # text in fewer columns is read more easily below its row
_BREAKS = "./,:=]"  # behind which a word may be split that no line could hold
_TITLE = 24  # columns of a title; a longer one has a line to itself


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

    @property
    def natural(self) -> int:
        return max(map(cells_of, self.cells), default=0)

    @property
    def longest_word(self) -> int:
        return max((cells_of(word) for cell in self.cells for word in cell.split()), default=0)

    def is_text(self, room: int) -> bool:
        return not self.column.fixed and self.natural > min(_TEXT, room)

    def least(self, room: int, header_lines: int) -> int:
        body = max(_LEAST_TEXT, self.longest_word) if self.is_text(room) else self.natural
        return max(body, *map(cells_of, self.header(header_lines, body)))

    def most(self, header_lines: int) -> int:
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
class _Lead:
    """Where the names of the rows stand: beside their cells, or above them where they are long."""

    width: int
    above: bool = False


@dataclass(frozen=True)
class _Grid:
    """Columns side by side; text that has no room there is below its row."""

    beside: Sequence[_Filled]
    below: Sequence[_Filled]
    lead: _Lead
    width: int
    header_lines: int

    @property
    def room(self) -> int:
        return self.width - self.lead.width

    @property
    def fits(self) -> bool:
        return self._spare() >= 0

    def header(self, title: str) -> list[str]:
        title = title if cells_of(title) <= _TITLE else ""
        if not any(each.column.title for each in self.beside):
            return []
        pairs = zip(self.beside, self._widths(), strict=True)
        headers = [each.header(self.header_lines, width) for each, width in pairs]
        depth = max(map(len, headers))
        columns = [[""] * (depth - len(header)) + header for header in headers]
        return [
            self._line(first, row)
            for first, row in zip([""] * (depth - 1) + [title], zip(*columns, strict=True), strict=True)
        ]

    def row(self, number: int, name: str) -> Iterator[str]:
        if name and (self.lead.above or not self.beside):
            yield from wrapped(name, self.width, " " * _INDENT)
            name = ""
        widths = self._widths()
        cells = [wrapped(each.cells[number], width) for each, width in zip(self.beside, widths, strict=True)]
        for n in range(max((len(cell) for cell in cells), default=0)):
            first = f"{' ' * _INDENT}{name}" if name and n == 0 else ""
            yield self._line(first, [cell[n] if n < len(cell) else "" for cell in cells])
        for each in self.below:
            label = f"{each.column.title}: " if each.column.title and each.cells[number] else ""
            yield from wrapped(label + each.cells[number], self.width, " " * _BELOW)

    def _spare(self) -> int:
        least = sum(each.least(self.room, self.header_lines) for each in self.beside)
        return self.room - least - _GAP * (len(self.beside) - 1)

    def _widths(self) -> list[int]:
        """What is spare goes to the columns that can use it, to each alike."""
        widths = [each.least(self.room, self.header_lines) for each in self.beside]
        wanted = [each.most(self.header_lines) - width for each, width in zip(self.beside, widths, strict=True)]
        spare = self._spare()
        for done, n in enumerate(sorted(range(len(widths)), key=lambda n: wanted[n])):
            more = min(wanted[n], spare // (len(widths) - done))
            widths[n] += more
            spare -= more
        return widths

    def _line(self, first: str, cells: Iterable[str]) -> str:
        columns = zip(self.beside, cells, self._widths(), strict=True)
        padded = (_padded(cell, width, right=each.column.right) for each, cell, width in columns)
        return (_padded(first, self.lead.width) + (" " * _GAP).join(padded)).rstrip()


def cells_of(text: str) -> int:
    """Columns of a terminal that the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of whole words. A word that no line could hold is split, since the terminal would do it."""
    indent += " " * (len(text) - len(text.lstrip(" ")))
    room = width - cells_of(indent)
    lines: list[str] = []
    line = ""
    for word in text.split():
        for piece in _pieces(word, room):
            if line and cells_of(line) + 1 + cells_of(piece) > room:
                lines.append(indent + line)
                line = piece
            else:
                line = f"{line} {piece}" if line else piece
    return [*lines, indent + line] if line else lines


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
    in_header = any(each.column.title for each in filled) and cells_of(title) <= _TITLE
    lead = _lead(title if in_header else "", rows, width)
    lines = [] if in_header else wrapped(title, width)
    first = True
    while filled:
        grid, filled = _most(filled, lead, width)
        lines += grid.header(title) or ([title] if first and in_header else [])
        for number, (name, *_) in enumerate(rows):
            # A name alone stands once; where columns are split, only beside those that say something of it.
            lines += [*grid.row(number, name)] or (wrapped(name, width, " " * _INDENT) if first else [])
        first = False
    return lines


def _lead(title: str, rows: Sequence[Row], width: int) -> _Lead:
    longest = max((_INDENT + cells_of(row[0]) for row in rows), default=0)
    if longest > width // 2:
        return _Lead(max(_BELOW, cells_of(title) + _GAP if title else 0), above=True)
    return _Lead(max(longest, cells_of(title)) + _GAP)


def _most(filled: Sequence[_Filled], lead: _Lead, width: int) -> tuple[_Grid, Sequence[_Filled]]:
    """As many of the columns as there is room for, and the others."""
    grids = [
        (_grid(filled[:count], text_below, lead, width, header_lines), filled[count:])
        for count in range(len(filled), 0, -1)
        for text_below in (False, True)
        for header_lines in (1, 2)
    ]
    return next((each for each in grids if each[0].fits), grids[-1])


def _grid(filled: Sequence[_Filled], text_below: bool, lead: _Lead, width: int, header_lines: int) -> _Grid:
    below = [each for each in filled if text_below and each.is_text(width - lead.width)]
    return _Grid([each for each in filled if each not in below], below, lead, width, header_lines)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    spaces = " " * (width - cells_of(text))
    return spaces + text if right else text + spaces
