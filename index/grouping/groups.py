"""The events as they stand while it is decided what changes: a picture, not the state.

What has been decided is in the picture at once, so that what is decided next sees it;
nothing is written. The rules for where a report goes and what changes after it
(`grouper`, `reassess`) are made on it alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

import numpy as np

from samestory.index.decision.comparison import Comparison, compare
from samestory.index.decision.decision import (
    NEAREST_MEMBERS,
    WINDOW_S,
    Candidate,
    Decision,
    believed,
    decide,
)
from samestory.index.decision.features import View, similarities
from samestory.index.decision.pair_model import PairModel
from samestory.index.store.membership import Membership

MEMBERS_READ: Final = 40  # of an event that are compared, see `around`: a bound


class Stories(Protocol):
    """What has to be known of the stories; `Memory` knows it."""

    @property
    def times(self) -> Mapping[int, float]:
        """Each story's own time by its number, in seconds since 1970."""
        ...

    def near(self, arriving: View) -> tuple[View, list[int]]:
        """Return a story with the crowd that it meets, and the stories around it."""
        ...

    def views(self, seqs: Collection[int]) -> list[View]:
        """Return stories as the features see them, in the order given."""
        ...


class Groups:
    """Stories, and the events that they are in, or will be."""

    def __init__(
        self, model: PairModel, stories: Stories, membership: Membership
    ) -> None:
        """Begin with what is stored.

        Args:
            model: weights and threshold.
            stories: that are there.
            membership: the events that they are in.
        """
        self.model = model
        self._stories = stories
        self._membership = membership
        self._placed: dict[int, View] = {}  # stories that are new, or say other things
        self._events: dict[int, str] = {}  # of these, and of those that moved

    def put(self, view: View, event_id: str) -> None:
        """Put a story into an event, in place of its former version."""
        self._placed[view.seq] = view
        self._events[view.seq] = event_id

    def move(self, seqs: Iterable[int], event_id: str) -> None:
        """Put stories into another event."""
        self._events.update(dict.fromkeys(seqs, event_id))

    @property
    def decided(self) -> Mapping[int, str]:
        """The event of each story that was put or moved, by its number."""
        return self._events

    def event_of(self, seq: int) -> str:
        """Return the event that a story is in."""
        return self.events_of([seq])[seq]

    def events_of(self, seqs: Collection[int]) -> dict[int, str]:
        """Return the events of stories."""
        stored = self._membership.events_of(
            [seq for seq in seqs if seq not in self._events]
        )
        return {seq: self._events.get(seq) or stored[seq] for seq in seqs}

    def members(self, event_id: str) -> list[int]:
        """Return the stories of an event, in no order; empty if there is none."""
        stored = self._membership.members(event_id)
        stay = [seq for seq in stored if self._events.get(seq, event_id) == event_id]
        known = set(stay)
        came = [
            seq
            for seq, event in self._events.items()
            if event == event_id and seq not in known
        ]
        return [*stay, *came]

    def views(self, seqs: Collection[int]) -> list[View]:
        """Return stories as the features see them, in the order given."""
        others = [seq for seq in seqs if seq not in self._placed]
        stored = dict(zip(others, self._stories.views(others), strict=True))
        return [self._placed.get(seq) or stored[seq] for seq in seqs]

    def outlets(self, event_id: str) -> set[str]:
        """Return the publishers whose reports are in an event."""
        return set(self._outlets_of(self.members(event_id)).values())

    def _outlets_of(self, seqs: Collection[int]) -> Mapping[int, str]:
        if len(seqs) <= MEMBERS_READ:
            return {view.seq: view.outlet for view in self.views(seqs)}
        # Of many only the outlets are read, not their texts.
        stored = self._membership.outlets_of(
            [seq for seq in seqs if seq not in self._placed]
        )
        return stored | {
            seq: self._placed[seq].outlet for seq in seqs if seq in self._placed
        }

    def look(
        self, arriving: View, apart: Collection[str] = (), home: str | None = None
    ) -> tuple[View, Decision]:
        """Decide where a story goes, or goes now that it has a new version.

        Args:
            arriving: the story.
            apart: ids of stories with which it must not be.
            home: an event that is compared in any case.

        Returns:
            The story with the crowd that it met, and the decision.
        """
        arriving, seqs = self._stories.near(arriving)
        event_of = self.events_of(seqs)
        events = dict.fromkeys(event_of[seq] for seq in seqs)
        if home is not None:
            events = dict.fromkeys([home, *events])
        if apart:
            events = {
                event: None
                for event in events
                if not any(v.story_id in apart for v in self.views(self.members(event)))
            }
        return arriving, self.decide(arriving, events)

    def decide(
        self, one: View, events: Iterable[str], without: str | None = None
    ) -> Decision:
        """Decide which of these events a story belongs to, itself left out.

        Args:
            one: the story.
            events: those compared.
            without: an outlet whose reports do not count; None if all do.
        """
        return decide(self._candidates(one, events, without), self.model, one.crowd)

    def compare(self, one: View, others: Collection[View]) -> Comparison:
        """Compare a story with others by the model in force."""
        return compare(one, list(others), self.model)

    def _candidates(
        self, one: View, events: Iterable[str], without: str | None
    ) -> list[Candidate]:
        """Return each event with the members that speak for it.

        The most similar of each outlet, then the second of each, and so on.
        """
        inside = [(e, self.around(e, one, without=without)) for e in events]
        inside = [(event, seqs) for event, seqs in inside if seqs]
        seqs = [seq for _, group in inside for seq in group]
        if not seqs:
            return []
        views = self.views(seqs)
        owner = np.repeat(np.arange(len(inside)), [len(group) for _, group in inside])
        order = np.lexsort((np.array(seqs), -similarities(one, views), owner))
        turn = _turns([(owner[at], views[at].outlet) for at in order])
        order = order[np.lexsort((np.array(turn), owner[order]))]
        rank = np.arange(len(seqs)) - np.searchsorted(owner, owner)
        speakers = [views[at] for at in order[rank < NEAREST_MEMBERS]]
        compared = self.compare(one, speakers)
        outlets = [view.outlet for view in speakers]
        votes = list(zip(outlets, compared.probabilities, strict=True))
        candidates, at = [], 0
        for event_id, group in inside:
            end = at + min(len(group), NEAREST_MEMBERS)
            candidates.append(
                Candidate(
                    event_id=event_id,
                    compared=compared.part(at, end),
                    probability=believed(votes[at:end]),
                )
            )
            at = end
        return candidates

    def around(
        self,
        event_id: str,
        one: View,
        within_s: float = WINDOW_S,
        without: str | None = None,
    ) -> list[int]:
        """Return an event's members around a story's time, itself left out.

        Of each outlet the nearest in time, then the second of each, and so on;
        MEMBERS_READ at most. So none is unheard for what another floods with.
        """
        nearest = sorted(
            (apart, seq)
            for seq in self.members(event_id)
            if (apart := abs(self._time_of(seq) - one.time)) <= within_s
            and seq != one.seq
        )
        outlets = self._outlets_of([seq for _, seq in nearest])
        kept = [seq for _, seq in nearest if outlets[seq] != without]
        turn = _turns([outlets[seq] for seq in kept])
        return [kept[at] for at in np.argsort(turn, kind="stable")[:MEMBERS_READ]]

    def _time_of(self, seq: int) -> float:
        placed = self._placed.get(seq)
        return self._stories.times[seq] if placed is None else placed.time


def _turns(voices: Iterable[object]) -> list[int]:
    """Return for each of those who speak how often it has spoken before."""
    spoken: Counter[object] = Counter()
    turns = []
    for voice in voices:
        turns.append(spoken[voice])
        spoken[voice] += 1
    return turns
