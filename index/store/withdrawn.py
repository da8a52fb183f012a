"""What an outlet takes back by a report of its own: nobody knows it any more."""

from collections import defaultdict
from collections.abc import Sequence
from math import inf

from samestory.days import DAY_S
from samestory.index.copies.relays import Told
from samestory.index.decision.stance import WITHDRAWN


def with_withdrawn(reports: Sequence[Told]) -> list[Told]:
    """Return the reports of an event, void those that their outlet takes back.

    A report that withdraws, what its outlet told until then, and what is a copy of
    that. One of midnight may state a day alone: it lasts until the day's end. Hearsay
    withdraws nothing: it is of another house.
    """
    until: defaultdict[str, float] = defaultdict(lambda: -inf)  # by outlet
    for one in reports:
        if one.stance == WITHDRAWN and one.voice:
            end = one.at if one.at % DAY_S else one.at + DAY_S
            until[one.outlet] = max(until[one.outlet], end)
    return [
        one._replace(is_void=one.at <= max(until[one.outlet], until[one.voice]))
        for one in reports
    ]
