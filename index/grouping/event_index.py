"""The index: applies the journal in its order, one transaction a batch."""

import gc
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from samestory.days import DAY_S
from samestory.errors import Quarantine
from samestory.index.decision.expiry import Calendar, Witness
from samestory.index.decision.features import View, similarities
from samestory.index.decision.join_record import JoinRecord
from samestory.index.decision.pair_model import PairModel
from samestory.index.decision.whole_vector import combine
from samestory.index.grouping.apply_correction import apply_correction
from samestory.index.grouping.grouper import Grouper, People, Plan
from samestory.index.grouping.placements import Arrival, Placements
from samestory.index.messages.correction import Correction
from samestory.index.messages.forget import Forget
from samestory.index.messages.journal import decode_journal
from samestory.index.messages.let_pass import LetPass
from samestory.index.search.changes import Component
from samestory.index.search.memory import Memory
from samestory.index.store.corrections import ACCEPTED
from samestory.index.store.state import State
from samestory.story_vector import StoryVector

_log = logging.getLogger("samestory")
FORESEEN_FROM: Final = 4  # stories of a batch that are worth searching for at once

Decoded = StoryVector | Correction | Forget | LetPass | Quarantine | None


class EventIndex:
    """Groups stories into events. One writer; deterministic in the journal's order."""

    def __init__(
        self,
        state: State,
        model: PairModel | None = None,
        keep_s: float = math.inf,
        components: Sequence[Component] = (),
    ) -> None:
        """Take over a state and load its vectors.

        Args:
            state: opened for writing; ours alone.
            model: None for the packaged one.
            keep_s: how long a story is kept after it was first seen, in seconds that
                are told by what is read, not by the clock. Whole days go at once.
            components: that follow what becomes of the stories from now on.
        """
        self.state = state
        self.model = model or PairModel.load()
        self._keep_s = keep_s
        self._held: Memory | None = None
        self._next_seq = 0
        self._calendar = Calendar()
        self._people = People()
        self._components = tuple(components)
        self._placements = Placements(state, self._components)
        self._made_by = ""
        self._rewrite: set[int] = set()  # days whose file is not what it should be
        self._is_stale = True
        self._is_behind = True  # until it is known that no story waits for its voice
        self._load()
        self.state.vectors.clean()

    def _catch_up(self) -> None:
        """Find who copied whom in a state of a samestory that could not.

        Nothing is announced: an event tells its voices with its next change.
        """
        count = 0
        for some in self._placements.catch_up():
            count += some
            _log.info("an earlier state: copies looked for in stories=%d", count)
        self._is_behind = False

    def _load(self) -> None:
        """Fill the memory from what is stored."""
        self._is_stale = True
        self._placements = Placements(self.state, self._components)
        self._next_seq = self.state.meta.next_seq()
        self._calendar = self.state.meta.calendar()
        self._obey()
        space = self.state.meta.space()
        self._held = None
        if space is not None:
            self._restore(space[1])
        self._made_by = self.state.meta.made_by()
        self._is_stale = False

    def _restore(self, dim: int) -> None:
        memory = Memory(dim, self._views)
        gc.disable()  # nothing of this is garbage: half the time
        try:
            placed = self.state.placed()
            self._rewrite |= self.state.vectors.load(
                memory.neighbours, placed.seqs, placed.times
            )
            memory.restore(placed.seqs, placed.rare)
        finally:
            gc.enable()
        self._hold(memory)

    def _obey(self) -> None:
        """Take in the corrections in force."""
        accepted = self.state.corrections.with_status(ACCEPTED)
        named = (s for c in accepted for s in (c.correction.a, c.correction.b))
        self._people = People(
            constraints=self.state.corrections.in_force(),
            placed=frozenset((*named, *(s for c in accepted for s in c.moved))),
            events_of=self.state.events_of,
        )

    def apply(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Apply journal records and commit them with the position after the last.

        Args:
            records: (offset, value), in order. Those before the state's position are
                passed over, so that a batch may come twice.

        What can never be applied (junk, vectors of another space) goes to the outbox
        with its reason, in the same transaction.

        Raises:
            OSError: the disk is full; what could be committed is, the rest is not.
            sqlite3.Error: nothing of it was committed.
            Retry: bytes of what was forgotten could not be overwritten yet.
        """
        if self._is_stale:
            self._load()
        if self._is_behind:
            self._catch_up()
        try:
            with self.state.transaction():
                position = self.state.meta.position()
                new = [record for record in records if record[0] >= position]
                decoded = [_decoded(value) for _, value in new]
                self._foresee(decoded)
                for (offset, value), message in zip(new, decoded, strict=True):
                    try:
                        self._apply_one(message)
                    except Quarantine as error:
                        self.state.revisions.refuse(offset, value, str(error))
                    position = offset + 1
                self.state.meta.set_position(position)
                self.state.meta.set_next_seq(self._next_seq)
                self.state.meta.set_calendar(self._calendar)
        except BaseException:
            self._is_stale = True  # memory goes back to what the state holds
            raise
        self._file()

    def _foresee(self, decoded: Sequence[Decoded]) -> None:
        """Search for the stories of a batch at once."""
        if self._held is None:
            return
        space, coming = self.state.meta.space(), {}
        for one in decoded if len(decoded) >= FORESEEN_FROM else ():
            if isinstance(one, StoryVector):
                whole, time = combine(one.vectors), one.story.event_time.timestamp()
                if (one.space_id, len(whole)) == space and np.isfinite(whole).all():
                    coming[one.story.story_id] = whole, time
        self._held.foresee(coming)

    def _file(self) -> None:
        """Write the files of vectors that are due; finish what is to be forgotten."""
        if self._held is not None:
            neighbours, files = self._held.neighbours, self.state.vectors
            days = self._rewrite | set(files.due(neighbours))
            if days:
                files.write(neighbours, sorted(days))
                self._rewrite = set()
        if not self.state.forgotten.all_done():
            self.state.scrub()
            with self.state.transaction():
                self.state.forgotten.set_all_done()

    def _apply_one(self, message: Decoded) -> None:
        if isinstance(message, Quarantine):
            raise message
        if isinstance(message, Correction):
            self._correct(message)
        elif isinstance(message, Forget):
            self._forget(message)
        elif isinstance(message, LetPass):
            self._go_on(self._calendar.let_pass(message.to, message.pass_id))
        elif message is not None:
            self._take(message)

    def _take(self, vector: StoryVector) -> None:
        story = replace(vector.story, story_id=self.state.given_id(vector.story))
        if self.state.forgotten.has(story.story_id):
            return
        vector = replace(vector, story=story)
        self._bind(vector)
        known = self.state.known(story.story_id)
        if known is None:
            self._arrive(vector)
        elif story.digest != known[0] and story.observed.timestamp() > known[1]:
            self._update(vector)
        # else the same version again, or an older one that comes late

    def _arrive(self, vector: StoryVector) -> None:
        """Take in a story that is new."""
        view = self.model.view(vector.story, vector.vectors, seq=self._next_seq)
        self._placements.place(self._arrival(vector, self._grouper().arrive(view)))
        self._next_seq += 1
        self._go_on(self._calendar.read(Witness.of(vector.story)))

    def _update(self, vector: StoryVector) -> None:
        """Take in a story's new version."""
        former = self.state.member(vector.story.story_id)
        if former is None:
            raise AssertionError(vector.story.story_id)
        first_seen = min(former.story.first_seen, vector.story.first_seen)
        vector = replace(vector, story=replace(vector.story, first_seen=first_seen))
        (seen,) = self._memory().views([former.seq])
        view = self.model.view(vector.story, vector.vectors, seq=former.seq)
        record = self.state.joins.of(vector.story.story_id) or JoinRecord()
        plan = self._grouper().renew(view, record)
        self._placements.replace(self._arrival(vector, plan), former, seen)

    def _arrival(self, vector: StoryVector, plan: Plan) -> Arrival:
        # One whose machine's clock is behind does not go at once.
        since = max(vector.story.first_seen.timestamp(), self._calendar.day * DAY_S)
        return Arrival(vector=vector, plan=plan, seen=since)

    def _grouper(self) -> Grouper:
        return Grouper(self.model, self._memory(), self.state.membership, self._people)

    def _correct(self, one: Correction) -> None:
        apply_correction(self.state, self._placements, one, self._similarity)
        self._obey()

    def _similarity(self, a: int, b: int) -> float:
        one, other = self._memory().views([a, b])
        return float(similarities(one, [other])[0])

    # what leaves

    def _go_on(self, now: Calendar) -> None:
        """Let go of the stories that were first seen too long ago, on a new day."""
        is_later, self._calendar = now.day > self._calendar.day, now
        if is_later and not math.isinf(self._keep_s):
            limit = now.day * DAY_S - self._keep_s
            self._placements.remove(self.state.seen_before(limit), "expired")

    def _forget(self, one: Forget) -> None:
        """Remove stories, and refuse them for ever."""
        if self.state.forgotten.request_came(one.forget_id):
            return
        held = [s for s in one.story_ids if self.state.known(s) is not None]
        days = self._placements.remove(held, "forgotten")
        # A file may hold what expired, or a former version.
        held_days = self._held.neighbours.days() if self._held else {}
        days |= {day for day, (_, removed, _) in held_days.items() if removed}
        self.state.vectors.drop(days)
        self._rewrite |= days
        for story_id in one.story_ids:
            self.state.forgotten.add(story_id)
        named = self.state.corrections.forget(one.story_ids)
        self.state.revisions.drop_refused([*one.story_ids, *named])
        self.state.joins.strip_vetoes(set(one.story_ids))
        self.state.forgotten.put_request(one.forget_id, len(held))
        self._obey()

    # memory

    def _bind(self, vector: StoryVector) -> None:
        """Bind the state to the space of the first story that comes."""
        space = (vector.space_id, vector.vectors.shape[1])
        held = self.state.meta.space()
        if held is None:
            self.state.meta.set_space(*space)
            self._hold(Memory(space[1], self._views))
        elif held != space:
            raise Quarantine(
                f"the state holds vectors of space {held[0]}, story"
                f" {vector.story.story_id} has {vector.space_id}: made by another"
                " model; use the former one, or start another --state"
            )
        if vector.made_by not in ("", self._made_by):
            self._made_by = vector.made_by
            self.state.meta.set_made_by(vector.made_by)

    def _hold(self, memory: Memory) -> None:
        """Let it follow what becomes of the stories from now on."""
        self._held = memory
        self._placements = Placements(self.state, (memory, *self._components))

    def _memory(self) -> Memory:
        if self._held is None:
            raise AssertionError("no space is bound")
        return self._held

    def _views(self, seqs: Sequence[int]) -> list[View]:
        return [
            self.model.view(m.story, m.vectors, seq=m.seq, crowd=m.crowd)
            for m in self.state.members_by_seq(seqs)
        ]


def _decoded(value: bytes) -> Decoded:
    """Return a journal record, or why it is none."""
    try:
        return decode_journal(value)
    except Quarantine as error:
        return error
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        return Quarantine(f"not a record: {error!r}")
