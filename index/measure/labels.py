"""What the pair model learns from: labelled streams, and pairs that people judged."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.decision.comparison import compare
from samestory.index.decision.features import FEATURES, View, view
from samestory.index.decision.pair_model import PairModel
from samestory.index.decision.terms import Rarity
from samestory.story import Story

NO_COUNTS: Final = Rarity(10_000, {})  # of a language that the counts don't know
# Features, shape (n, features); whether each pair is one event; the weight of each.
Pairs = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Labelled stories that arrive in order.

    Attributes:
        name: for people.
        stories: in their order of arrival.
        vectors: of each, shape (2, dim).
        events: the gold event of each.
        weight: how much a pair of it counts in the fit.
        uncertain: ids of stories by story, those with which its pair is left out.
        foreign: whether to take the stories as if no model and no count knew them.
        uncounted: whether to take them as if no count knew them.
        counted: whether its words are counted; not for a copy.
        has_say: whether it counts when thresholds are chosen.
    """

    name: str
    stories: Sequence[Story]
    vectors: Sequence[NDArray[np.float16]]
    events: Sequence[str]
    uncertain: Mapping[str, Collection[str]]
    weight: float = 1.0
    foreign: bool = False
    uncounted: bool = False
    counted: bool = True
    has_say: bool = True

    @cached_property
    def halves(self) -> NDArray[np.int64]:
        """Which half each story is in, the same for all reports of an event."""
        return np.array([half_of(event) for event in self.events])

    def undated(self) -> "Stream":
        """Return the stream as if no story stated a date: all came at one time."""
        first = min(story.first_seen for story in self.stories)
        return replace(
            self,
            stories=[
                replace(story, published=None, first_seen=first)
                for story in self.stories
            ],
        )

    def half(self, half: int) -> list[int]:
        """Return the places of the stories of one half."""
        return [int(at) for at in np.flatnonzero(self.halves == half)]

    def views(self, rarities: Sequence[Rarity]) -> list[View]:
        """Prepare the stories, by place, each with the rarities of its half."""
        return [
            view(
                story,
                vectors,
                seq=at,
                known=not self.foreign,
                counted=False if self.uncounted else None,
                rarity=(
                    NO_COUNTS if self.foreign or self.uncounted else rarities[half]
                ),
            )
            for at, (story, vectors, half) in enumerate(
                zip(self.stories, self.vectors, self.halves, strict=True)
            )
        ]


def half_of(event: str) -> int:
    """Return 0 or 1, the same for all reports of an event."""
    return hashlib.sha256(event.encode()).digest()[0] % 2


@dataclass(frozen=True, kw_only=True)
class PeoplesPairs:
    """Pairs of stories of which people said what they are.

    Attributes:
        name: of the file.
        stories: both of each pair, one pair after the other.
        vectors: of each story, shape (2, dim).
        same: of each pair, whether it tells one event.
        weight: how much a pair counts in the fit.
    """

    name: str
    stories: Sequence[Story]
    vectors: Sequence[NDArray[np.float16]]
    same: Sequence[bool]
    weight: float = 1.0

    @cached_property
    def halves(self) -> list[int]:
        """Which half each pair is in: the same for all that hang together."""
        import networkx as nx  # noqa: PLC0415  (0.2 s, not every command's)

        ids = [story.story_id for story in self.stories]
        graph = nx.Graph(zip(ids[::2], ids[1::2], strict=True))
        first = {
            story_id: min(group)
            for group in nx.connected_components(graph)
            for story_id in group
        }
        return [half_of(first[story_id]) for story_id in ids[::2]]

    def pairs(self, rarities: Sequence[Rarity]) -> tuple[Pairs, Pairs]:
        """Return the pairs of either half, see `pairs`; how crowded it was, is lost."""
        nothing = np.zeros((0, len(FEATURES))), np.zeros(0, bool), np.zeros(0)
        parts: tuple[list[Pairs], list[Pairs]] = ([nothing], [nothing])
        model = PairModel.unfitted()
        for number, (same, half) in enumerate(zip(self.same, self.halves, strict=True)):
            one, other = (
                view(self.stories[at], self.vectors[at], rarity=rarities[half])
                for at in (2 * number, 2 * number + 1)
            )
            features = compare(one, [other], model).features
            parts[half].append((features, np.array([same]), np.array([self.weight])))
        return together(parts[0]), together(parts[1])


def together(parts: Sequence[Pairs]) -> Pairs:
    """Return all pairs of several as one."""
    x, same, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return x, same, weights
