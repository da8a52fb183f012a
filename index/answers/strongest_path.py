"""The path between two stories whose weakest link is strongest."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Protocol, TypeVar


class Edge(Protocol):
    """A link between two stories."""

    @property
    def ends(self) -> tuple[str, str]:
        """The ids of the two stories."""
        ...

    @property
    def logit(self) -> float:
        """How strong it is; higher is stronger."""
        ...


E = TypeVar("E", bound=Edge)


def strongest_path(links: Iterable[E], start: str, goal: str) -> list[E]:
    """Return the path whose weakest link is strongest, the shortest of those.

    Dijkstra's algorithm with the weakest link so far in place of the length.

    Returns:
        The links from start to goal; empty if there is no way.
    """
    around: dict[str, list[tuple[str, E]]] = defaultdict(list)
    for link in links:
        one, other = link.ends
        around[one].append((other, link))
        around[other].append((one, link))
    number = count()  # decides between equals: reprints are as like as can be
    queue: list[tuple[float, int, int, str, tuple[E, ...]]] = [
        (-math.inf, 0, next(number), start, ())
    ]
    done: set[str] = set()
    while queue:
        weakest, steps, _, at, path = heapq.heappop(queue)
        if at == goal:
            return list(path)
        if at in done:
            continue
        done.add(at)
        for there, link in around[at]:
            if there not in done:
                least = max(weakest, -link.logit)
                step = (least, steps + 1, next(number), there, (*path, link))
                heapq.heappush(queue, step)
    return []
