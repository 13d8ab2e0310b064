"""Numbers as people write them."""


def count(number: int, noun: str) -> str:
    """`1 GPU`, `2 GPUs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
