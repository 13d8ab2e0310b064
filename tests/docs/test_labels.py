"""Letters beside points: each can be read, and one that stands away from its point is joined to it."""

import math
import re
from itertools import combinations

import pytest

from docs.contenders import picture
from docs.labels import Place, labels, leader

_APART = 10.0  # pixels between the centres of two letters of 13 px


@pytest.mark.parametrize(
    "points",
    [
        [(50.0, 50.0)],
        [(50.0, 50.0), (53.0, 50.0), (56.0, 51.0)],
        [(50.0 + each, 50.0) for each in range(10)],
        [(50.0, 10.0), (51.0, 10.0), (52.0, 10.0)],  # at the upper edge
        [(50.0, 50.0), (50.0, 50.0)],
    ],
)
def test_no_letter_covers_a_point_or_another_letter(points: list[Place]) -> None:
    found = labels(points, 5, 100)
    assert len(found) == len(points)
    assert all(math.dist(one, other) >= _APART for one, other in combinations(found, 2))
    assert all(math.dist(letter, point) >= _APART for letter in found for point in points)
    assert all(5 <= y <= 100 for _, y in found)


def test_a_letter_beside_its_point_has_no_line_and_one_farther_off_has() -> None:
    assert leader((0, 0), (13, 0)) == ""
    assert leader((0, 0), (50, 0)) == "M5.0 0.0L43.0 0.0"


def test_the_letters_of_the_picture_are_apart() -> None:
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle">[a-z]</text>', picture())
    places = [(float(x), float(y)) for x, y in found]
    assert len(places) == 30
    assert all(math.dist(one, other) >= _APART for one, other in combinations(places, 2))
