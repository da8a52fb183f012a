"""Which texts go through the model together.

Texts of one padded length only, so that no text is padded because of its neighbours;
as many as the budget of tokens holds, since larger batches leave the cache (8
texts of 128 tokens were best, 32 slower); in numbers that are powers of
two. So a model meets few shapes: an engine compiles a kernel for each.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

STEP: Final = 16  # tokens; lengths are padded to a multiple of it
BUDGET: Final = 1024  # tokens of a batch, padding included


class Batch(NamedTuple):
    """Texts that go through the model together: their numbers, their padded length."""

    rows: tuple[int, ...]
    length: int


def batches(lengths: Sequence[int], budget: int = BUDGET) -> Iterator[Batch]:
    """Yield batches that hold each text once, long ones first.

    Args:
        lengths: of the texts, in tokens.
        budget: tokens of a batch; a longer text is a batch of its own.
    """
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for row, length in enumerate(lengths):
        groups[max(STEP, -(-length // STEP) * STEP)].append(row)
    for length in sorted(groups, reverse=True):
        rest, most = groups[length], _power_of_two(max(1, budget // length))
        while rest:
            number = min(most, _power_of_two(len(rest)))
            yield Batch(tuple(rest[:number]), length)
            rest = rest[number:]


def _power_of_two(number: int) -> int:
    """Return the largest power of two that is not over the number."""
    return 1 << (number.bit_length() - 1)
