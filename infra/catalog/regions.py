"""On which continent a region is, as its name says: data may have to stay there, and its users are near."""

_SHARED = {
    "ca": "us",
    "mx": "us",
    "il": "me",
    "eusc": "eu",
}  # first parts of names that are on the continent of another one


def continent(region: str) -> str:
    first = region.partition("-")[0]
    return _SHARED.get(first, first)
