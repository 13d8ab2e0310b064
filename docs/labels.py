"""Where the letter of each point of a picture stands: beside its point, and clear of the other points and letters."""

import math
from collections.abc import Iterator, Sequence

Place = tuple[float, float]

_BESIDE = 13.0  # pixels from a point's centre to its letter's
_DISTANCES = (_BESIDE, 20.0, 28.0, 38.0, 50.0, 64.0)
_DEGREES = (45, 15, 75, 345, 105, 315, 135, 285, 165, 255, 195, 225)  # the first is to the upper right
_CLEAR = 12.0


def labels(points: Sequence[Place], top: float, low: float) -> list[Place]:
    """The centres of the letters, between top and low; the first place that is clear, else the farthest one."""
    found = list[Place]()
    for point in points:
        others = [each for each in points if each != point] + found
        places = [each for each in _around(point) if top <= each[1] <= low]
        found.append(next((each for each in places if _is_clear(each, others)), places[-1]))
    return found


def leader(point: Place, label: Place) -> str:
    """The path from a point to a letter that doesn't stand beside it; else nothing."""
    length = math.dist(point, label)
    if length < _BESIDE + 1:
        return ""
    (x, y), (to_x, to_y) = _towards(point, label, 5 / length), _towards(point, label, 1 - 7 / length)
    return f"M{x} {y}L{to_x} {to_y}"


def _around(point: Place) -> Iterator[Place]:
    for distance in _DISTANCES:
        for degrees in _DEGREES:
            angle = math.radians(degrees)
            yield round(point[0] + distance * math.cos(angle), 1), round(point[1] - distance * math.sin(angle), 1)


def _is_clear(place: Place, others: Sequence[Place]) -> bool:
    return all(math.dist(place, other) >= _CLEAR for other in others)


def _towards(start: Place, end: Place, share: float) -> Place:
    return round(start[0] + share * (end[0] - start[0]), 1), round(start[1] + share * (end[1] - start[1]), 1)
