"""The index: applies the journal in its order, one transaction a batch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from embed.vector import StoryVector
from index.clusterer import Clusterer
from index.correcting import ACCEPTED, apply_correction
from index.correction import Correction
from index.decision import PairModel
from index.features import View, similarities
from index.journal import decode_journal
from index.neighbours import combine
from index.rare_terms import rarest
from index.second_look import Change, second_look
from index.state import Member, State
from ingest.errors import Quarantine


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
        self._clusterer: Clusterer | None = None
        self._next_seq = 0
        self._fixed: set[str] = set()
        self._load()

    def _load(self) -> None:
        """Fill the memory from what is stored, as after a restart."""
        self._next_seq = self.state.last_seq() + 1
        self._obey()
        space = self.state.space()
        self._clusterer = None
        if space is None:
            return
        self._clusterer = Clusterer(self._model, space[1], self._views)
        rows = list(self.state.placed())
        if rows:
            self._clusterer.restore(
                [(r.seq, r.event_time, r.event_id, r.rare) for r in rows],
                np.stack([combine(r.vectors) for r in rows]),
            )

    def _obey(self) -> None:
        """Take in the corrections in force."""
        accepted = [c for c in self.state.corrections() if c.status == ACCEPTED]
        self._fixed = {s for c in accepted for s in (c.correction.a, c.correction.b)}
        self._fixed.update(story for c in accepted for story in c.moved)

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
                position = self.state.position()
                for offset, value in records:
                    if offset < position:
                        continue
                    try:
                        self._apply_one(decode_journal(value))
                    except Quarantine as error:
                        self.state.refuse(offset, value, str(error))
                    position = offset + 1
                self.state.set_position(position)
        except BaseException:
            self._load()  # memory goes back to what the state holds
            raise

    def _apply_one(self, found: StoryVector | Correction) -> None:
        if isinstance(found, Correction):
            self._correct(found)
            return
        story = found.story
        self._bind(found)
        clusterer = self._memory()
        known = self.state.known(story.story_id)
        if known is not None:
            digest, observed = known
            if digest != story.digest and story.observed.timestamp() > observed:
                self._update(found)
            return  # else the same version again, or an older one that comes late
        arriving = self._model.view(story, found.vectors, seq=self._next_seq)
        arriving, decision = clusterer.look(arriving)
        event_id = decision.event_id or "e-" + story.story_id[2:]
        reason = "grown" if decision.event_id else "created"
        self._put(found, arriving, event_id, decision.record(), reason)
        self._next_seq += 1
        for change in second_look(clusterer, arriving, decision, self._permitted):
            self._carry_out(change, arriving)

    def _update(self, found: StoryVector) -> None:
        """Take a story's new version into its event.

        Deciding it again comes with issue 7's histories, without which a moved story
        would be unexplained.
        """
        before = self.state.member(found.story.story_id)
        if before is None:
            raise AssertionError(found.story.story_id)
        record = self.state.join_record(found.story.story_id) or {}
        first_seen = min(before.story.first_seen, found.story.first_seen)
        found = replace(found, story=replace(found.story, first_seen=first_seen))
        now = self._model.view(
            found.story, found.vectors, seq=before.seq, crowd=before.crowd
        )
        self._put(found, now, before.event_id, record, "updated")

    def _put(
        self,
        found: StoryVector,
        seen: View,
        event_id: str,
        record: dict[str, Any],
        reason: str,
    ) -> None:
        rare = rarest(seen.terms)
        self.state.put(found, seen.seq, event_id, record, seen.crowd, rare)
        self.state.revise(event_id, reason)
        self._memory().place(seen, event_id)

    def _permitted(self, change: Change) -> bool:
        """Tell whether corrections allow a change that no person asked for.

        A story that people placed never moves by itself: so no change can break a
        correction, and undoing one finds the stories where it put them.
        """
        if not self._fixed:
            return True
        moving = {one.story_id for one in self._memory().views(change.seqs)}
        return not moving & self._fixed

    def _carry_out(self, change: Change, arrived: View) -> None:
        """Move stories, with the records that explain it."""
        clusterer = self._memory()
        for one in clusterer.views(change.seqs):
            clusterer.move(one.seq, change.target)
            self.state.move(one.story_id, change.target)
            record = (
                change.decision.record()
                if change.decision is not None
                else self.state.join_record(one.story_id) or {}
            )
            record["moved"] = {
                "reason": change.reason,
                "from": change.source,
                "to": change.target,
                "after": arrived.story_id,
            }
            self.state.set_join_record(one.story_id, record)
        if change.link is not None:
            record = self.state.join_record(arrived.story_id) or {}
            record["merged"] = record.get("merged", []) + [
                pair | {"event_probability": change.link.probability}
                for pair in change.link.pairs(self._model)
            ]
            self.state.set_join_record(arrived.story_id, record)
        for event_id in sorted((change.source, change.target)):
            self.state.revise(event_id, change.reason)

    def _correct(self, one: Correction) -> None:
        moved = apply_correction(self.state, one, self._similarity)
        self._obey()
        for story_id, (_, event_id) in moved.items():
            member = self.state.member(story_id)
            if member is not None:
                self._memory().move(member.seq, event_id)

    def _similarity(self, a: Member, b: Member) -> float:
        one, other = self._memory().views([a.seq, b.seq])
        return float(similarities(one, [other])[0])

    def _bind(self, found: StoryVector) -> None:
        """Bind the state to the space of the first story that comes."""
        space = (found.space_id, found.vectors.shape[1])
        held = self.state.space()
        if held is None:
            self.state.set_space(*space)
            self._clusterer = Clusterer(self._model, space[1], self._views)
        elif held != space:
            raise Quarantine(
                f"the state holds vectors of space {held[0]}, story"
                f" {found.story.story_id} has {found.space_id}: made by another model;"
                " use the former one, or start another --state"
            )

    def _memory(self) -> Clusterer:
        if self._clusterer is None:
            raise AssertionError("no space is bound")
        return self._clusterer

    def _views(self, seqs: Sequence[int]) -> list[View]:
        return [
            self._model.view(m.story, m.vectors, seq=m.seq, crowd=m.crowd)
            for m in self.state.members_by_seq(seqs)
        ]
