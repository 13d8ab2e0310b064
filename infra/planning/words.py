"""Numbers and bills as people write them."""

# The three bills, by the words of `budget.of`.
BILLS = {"min": "minimum", "expected": "expected", "max": "maximum"}


def count(number: int, noun: str) -> str:
    """`1 GPU`, `2 GPUs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
