"""What an outlet takes back by a report of its own: nobody knows it any more."""

from collections.abc import Sequence

from samestory.index.copies.relays import Told
from samestory.index.decision.stance import WITHDRAWN


def with_withdrawn(reports: Sequence[Told]) -> list[Told]:
    """Return the reports of an event, void those that their outlet takes back.

    A report that withdraws, what its outlet told before it, and what is a copy of that.

    Args:
        reports: the earliest first.
    """
    void: set[int] = set()
    for at, one in enumerate(reports):
        if one.stance == WITHDRAWN:
            void |= {
                before
                for before, other in enumerate(reports[: at + 1])
                if one.outlet in (other.outlet, other.voice)
            }
    return [one._replace(is_void=at in void) for at, one in enumerate(reports)]
