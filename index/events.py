"""The index: applies the journal in its order, one transaction a batch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from embed.vector import StoryVector
from index.correcting import apply_correction
from index.correction import Correction
from index.decision import Decision, Pair, PairModel, decide
from index.features import View, crowdedness, pair_features, similarity, view
from index.journal import decode_journal
from index.neighbours import Neighbours, combine
from index.state import Member, State
from ingest.errors import Quarantine

WINDOW_S: Final = 7 * 86_400.0  # candidates lie within 7 days of the story's own time
CANDIDATES: Final = 20  # nearest stories whose events are considered
MEMBERS_READ: Final = (
    40  # nearest in time of an event that are compared: bounds the cost
)
VIEWS_KEPT: Final = 4_096  # prepared stories in memory, about 12 kB each


class EventIndex:
    """Groups stories into events. One writer; deterministic in the journal's order."""

    def __init__(self, state: State, model: PairModel | None = None) -> None:
        """Take over a state and load its vectors.

        Args:
            state: opened for writing; ours alone.
            model: None for the packaged one.
        """
        self.state = state
        self._model = model or PairModel.load()
        self._views: dict[int, tuple[str, View]] = {}
        self._neighbours: Neighbours | None = None
        self._load()

    def _load(self) -> None:
        """Fill the neighbours from the stored vectors, as after a restart."""
        self._views.clear()
        space = self.state.space()
        self._neighbours = None
        if space is None:
            return
        self._neighbours = Neighbours(space[1])
        rows = list(self.state.vectors())
        if rows:
            self._neighbours.add(
                [seq for seq, _, _ in rows],
                np.stack([combine(vectors) for _, _, vectors in rows]),
                [event_time for _, event_time, _ in rows],
            )

    def apply(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Apply journal records and commit them with the position after the last.

        Args:
            records: (offset, value), in order. Those before the state's position are
                passed over, so that a batch may come twice.

        What can never be applied (junk, vectors of another space) goes to the outbox
        with its reason, in the same transaction.
        """
        try:
            with self.state.transaction():
                for offset, value in records:
                    if offset < self.state.position():
                        continue
                    try:
                        self._apply_one(decode_journal(value))
                    except Quarantine as error:
                        self.state.refuse(offset, value, str(error))
                    self.state.set_position(offset + 1)
        except BaseException:
            self._load()  # memory goes back to what the state holds
            raise

    def _apply_one(self, found: StoryVector | Correction) -> None:
        if isinstance(found, Correction):
            apply_correction(self.state, found, self._similarity)
            return
        story = found.story
        self._bind_space(found)
        known = self.state.known(story.story_id)
        if known is not None:
            digest, observed = known
            if digest == story.digest or story.observed.timestamp() <= observed:
                return  # the same version again, or an older one that comes late
            # A new version keeps its event; deciding it again comes with issue 7's
            # histories, without which a moved story would be unexplained.
            before = self.state.member(story.story_id)
            if before is None:
                raise AssertionError(story.story_id)
            record = self.state.join_record(story.story_id) or {}
            first_seen = min(before.story.first_seen, story.first_seen)
            found = replace(found, story=replace(story, first_seen=first_seen))
            self._put(found, before.event_id, record, "updated")
            return
        decision = self._decide(found)
        event_id = decision.event_id or "e-" + story.story_id[2:]
        reason = "grown" if decision.event_id else "created"
        self._put(found, event_id, decision.record(), reason)

    def _similarity(self, a: Member, b: Member) -> float:
        return similarity(self._view(a), self._view(b))

    def _bind_space(self, found: StoryVector) -> None:
        dim = found.vectors.shape[1]
        space = self.state.space()
        if space is None:
            self.state.set_space(found.space_id, dim)
            self._neighbours = Neighbours(dim)
        elif space != (found.space_id, dim):
            raise Quarantine(
                f"the state holds vectors of space {space[0]}, story"
                f" {found.story.story_id} has {found.space_id}: made by another model;"
                " use the former one, or start another --state"
            )

    def _decide(self, found: StoryVector) -> Decision:
        arriving = view(found.story, found.vectors)
        at = found.story.event_time.timestamp()
        if self._neighbours is None:
            raise AssertionError("no space is bound")
        hits = self._neighbours.search(
            combine(found.vectors), 2 * CANDIDATES, at - WINDOW_S, at + WINDOW_S
        )
        members = [
            m
            for m in self.state.members_by_seq([hit.seq for hit in hits])
            if abs(m.story.event_time.timestamp() - at) <= WINDOW_S
        ]
        near = sorted(
            ((similarity(arriving, self._view(m)), m) for m in members),
            key=lambda pair: (-pair[0], pair[1].story.story_id),
        )[:CANDIDATES]
        crowd = crowdedness([found for found, _ in near])
        pairs = [
            Pair(
                story_id=m.story.story_id,
                event_id=event_id,
                features=pair_features(arriving, self._view(m), crowd),
            )
            for event_id in dict.fromkeys(m.event_id for _, m in near)
            for m in self._nearest_in_time(event_id, at)
        ]
        return decide(pairs, self._model)

    def _nearest_in_time(self, event_id: str, at: float) -> list[Member]:
        return self.state.members_near(event_id, at, WINDOW_S, MEMBERS_READ)

    def _view(self, member: Member) -> View:
        digest = member.story.digest
        kept = self._views.get(member.seq)
        if kept is None or kept[0] != digest:
            if len(self._views) >= VIEWS_KEPT:
                del self._views[next(iter(self._views))]
            kept = (digest, view(member.story, member.vectors))
            self._views[member.seq] = kept
        return kept[1]

    def _put(
        self, found: StoryVector, event_id: str, record: dict[str, Any], reason: str
    ) -> None:
        seq = self.state.put(found, event_id, record)
        self.state.revise(event_id, reason)
        if self._neighbours is not None:
            self._neighbours.add(
                [seq],
                combine(found.vectors)[None, :],
                [found.story.event_time.timestamp()],
            )
