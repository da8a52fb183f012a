"""The index: applies the journal in its order, one transaction a batch."""

import gc
import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from samestory.embed.vector import StoryVector
from samestory.index.clusterer import Clusterer
from samestory.index.constraints import Constraints
from samestory.index.corrected import ACCEPTED
from samestory.index.correcting import apply_correction
from samestory.index.correction import Correction
from samestory.index.corroboration import confirms, first_to_confirm
from samestory.index.decision import Decision, PairModel
from samestory.index.expiry import Calendar, Witness
from samestory.index.features import View, similarities
from samestory.index.forgetting import Forget
from samestory.index.history import Version
from samestory.index.journal import decode_journal
from samestory.index.let_pass import LetPass
from samestory.index.material import is_material
from samestory.index.neighbours import DAY_S, check_units, combine, day_of
from samestory.index.rare_terms import rarest
from samestory.index.second_look import Change, better, new_event, second_look
from samestory.index.state import Member, State
from samestory.ingest.errors import Quarantine
from samestory.ingest.story import Story

FORESEEN_FROM: Final = 4  # stories of a batch that are worth searching for at once
READ_TO_CONFIRM: Final = 40  # reports of an event, the earliest

Decoded = StoryVector | Correction | Forget | LetPass | Quarantine | None


class EventIndex:
    """Groups stories into events. One writer; deterministic in the journal's order."""

    def __init__(
        self, state: State, model: PairModel | None = None, keep_s: float = math.inf
    ) -> None:
        """Take over a state and load its vectors.

        Args:
            state: opened for writing; ours alone.
            model: None for the packaged one.
            keep_s: how long a story is kept after it was first seen, in seconds that
                are told by what is read, not by the clock. Whole days go at once.
        """
        self.state = state
        self.model = model or PairModel.load()
        self._keep_s = keep_s
        self._clusterer: Clusterer | None = None
        self._next_seq = 0
        self._calendar = Calendar()
        self._constraints = Constraints([])
        self._fixed: set[str] = set()
        self._made_by = ""
        self._rewrite: set[int] = set()  # days whose file is not what it should be
        self._is_stale = True
        self._load()
        self.state.vectors.clean()

    def _load(self) -> None:
        """Fill the memory from what is stored."""
        self._is_stale = True
        self._next_seq = self.state.next_seq()
        self._calendar = self.state.calendar()
        self._obey()
        space = self.state.space()
        self._clusterer = None
        if space is not None:
            self._restore(space[1])
        self._made_by = self.state.made_by()
        self._is_stale = False

    def _restore(self, dim: int) -> None:
        clusterer = self._new_clusterer(dim)
        gc.disable()  # nothing of this is garbage: half the time
        try:
            placed = self.state.placed()
            self._rewrite |= self.state.vectors.load(
                clusterer.neighbours, placed.seqs, placed.times
            )
            clusterer.restore(placed.seqs, placed.rare)
        finally:
            gc.enable()
        self._clusterer = clusterer

    def _obey(self) -> None:
        """Take in the corrections in force."""
        accepted = self.state.corrections.with_status(ACCEPTED)
        self._constraints = self.state.corrections.in_force()
        self._fixed = {s for c in accepted for s in (c.correction.a, c.correction.b)}
        self._fixed.update(story for c in accepted for story in c.moved)

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
        try:
            with self.state.transaction():
                position = self.state.position()
                new = [record for record in records if record[0] >= position]
                decoded = [_decoded(value) for _, value in new]
                self._foresee(decoded)
                for (offset, value), found in zip(new, decoded, strict=True):
                    try:
                        self._apply_one(found)
                    except Quarantine as error:
                        self.state.revisions.refuse(offset, value, str(error))
                    position = offset + 1
                self.state.set_position(position)
                self.state.set_next_seq(self._next_seq)
                self.state.set_calendar(self._calendar)
        except BaseException:
            self._is_stale = True  # memory goes back to what the state holds
            raise
        self._file()

    def _foresee(self, decoded: Sequence[Decoded]) -> None:
        """Search for the stories of a batch at once."""
        if self._clusterer is None:
            return
        space, coming = self.state.space(), {}
        for one in decoded if len(decoded) >= FORESEEN_FROM else ():
            if isinstance(one, StoryVector):
                whole, time = combine(one.vectors), one.story.event_time.timestamp()
                if (one.space_id, len(whole)) == space and np.isfinite(whole).all():
                    coming[one.story.story_id] = whole, time
        self._clusterer.foresee(coming)

    def _file(self) -> None:
        """Write the files of vectors that are due; finish what is to be forgotten."""
        if self._clusterer is not None:
            neighbours, files = self._clusterer.neighbours, self.state.vectors
            days = self._rewrite | set(files.due(neighbours))
            if days:
                files.write(neighbours, sorted(days))
                self._rewrite = set()
        if not self.state.history.is_done():
            self.state.scrub()
            with self.state.transaction():
                self.state.history.set_done()

    def _apply_one(self, found: Decoded) -> None:
        if isinstance(found, Quarantine):
            raise found
        if isinstance(found, Correction):
            self._correct(found)
        elif isinstance(found, Forget):
            self._forget(found)
        elif isinstance(found, LetPass):
            self._go_on(self._calendar.let_pass(found.to, found.pass_id))
        elif found is not None:
            self._take(found)

    def _take(self, found: StoryVector) -> None:
        story = replace(found.story, story_id=self.state.given_id(found.story))
        if self.state.history.is_forgotten(story.story_id):
            return
        found = replace(found, story=story)
        check_units(combine(found.vectors)[None, :])
        self._bind(found)
        known = self.state.known(story.story_id)
        if known is None:
            self._arrive(found)
        elif story.digest != known[0] and story.observed.timestamp() > known[1]:
            self._update(found)
        # else the same version again, or an older one that comes late

    def _arrive(self, found: StoryVector) -> None:
        """Put a new story into the event that it tells."""
        story, clusterer = found.story, self._memory()
        arriving = self.model.view(story, found.vectors, seq=self._next_seq)
        arriving, decision = clusterer.look(arriving, self._allowed(story.story_id))
        event_id = self._demanded(story.story_id) or decision.event_id
        record = decision.record()
        if event_id != decision.event_id:
            record["demanded"] = event_id
        if event_id is None:
            event_id, reason = new_event(clusterer, arriving, arriving), "created"
        else:
            reason = "confirmed" if self._is_confirmed_by(story, event_id) else "grown"
        self._put(found, arriving, event_id, record)
        self.state.revisions.revise(event_id, reason, story=story.story_id)
        if reason == "confirmed":
            self.state.revisions.confirm(event_id, story.story_id)
        self._next_seq += 1
        for change in second_look(clusterer, arriving, decision, self._permitted):
            self._carry_out(change, arriving)
        self._go_on(self._calendar.read(Witness.of(story)))

    def _update(self, found: StoryVector) -> None:
        """Take in a story's new version, and decide again where it belongs."""
        before = self.state.member(found.story.story_id)
        if before is None:
            raise AssertionError(found.story.story_id)
        clusterer, home = self._memory(), before.event_id
        first_seen = min(before.story.first_seen, found.story.first_seen)
        found = replace(found, story=replace(found.story, first_seen=first_seen))
        story_id = found.story.story_id
        (former,) = clusterer.views([before.seq])
        now = self.model.view(found.story, found.vectors, seq=before.seq)
        now, decision = clusterer.look(now, self._allowed(story_id), home)
        record = self.state.join_record(story_id) or {}
        change = better(clusterer, now, decision, now)
        if change is not None and not self._permitted(change):
            change = None
        told = decision.record()
        if change is None and decision.event_id != home:
            told = self._why_it_stays(record, decision, home)
        self.state.history.keep(
            Version(story=before.story, event_id=home, record=record)
        )
        self._put(found, now, home, told)
        is_other = is_material((before.story, former), (found.story, now))
        reason = "materially-updated" if is_other else "updated"
        self.state.revisions.revise(home, reason, story=story_id)
        if change is not None:
            self._carry_out(change, now)
        for one in second_look(clusterer, now, decision, self._permitted):
            self._carry_out(one, now)

    def _why_it_stays(
        self, before: dict[str, Any], decision: Decision, home: str
    ) -> dict[str, Any]:
        """Return the record of a version that stays though its text alone would not.

        Args:
            before: the record of the former version.
            decision: about the new one.
            home: its event.
        """
        own = [one for one in decision.ranked if one.event_id == home]
        if not own:
            return before
        others = [one for one in decision.ranked if one.event_id != home]
        found = replace(decision, ranked=(*own, *others)).record()
        return found | {"joined": before.get("joined", False)}

    def _put(
        self, found: StoryVector, seen: View, event_id: str, record: dict[str, Any]
    ) -> None:
        rare = rarest(seen.terms)
        # One whose machine's clock is behind does not go at once.
        since = max(found.story.first_seen.timestamp(), self._calendar.day * DAY_S)
        crowd = seen.crowd
        self.state.put(found, seen.seq, event_id, record, crowd, rare, seen=since)
        self._memory().place(seen, event_id)

    # corrections

    def _allowed(self, story_id: str) -> Collection[str] | None:
        """Return the stories with which a story must not be; None if it may with all.

        Only one that people spoke of, which expired and comes again, may have some.
        """
        return self._constraints.apart_from(story_id) or None

    def _demanded(self, story_id: str) -> str | None:
        """Return the event of those that a new story must be with; None without."""
        partners = self._constraints.together(story_id) - {story_id}
        events = self.state.events_of(partners)
        return min(events.values(), default=None)

    def _permitted(self, change: Change) -> bool:
        """Tell whether corrections allow a change that no person asked for.

        A story that people placed never moves by itself: so undoing a correction finds
        the stories where it put them. Others move to none that they must not be with.
        """
        if not self._fixed:
            return True
        moving = {one.story_id for one in self._memory().views(change.seqs)}
        if moving & self._fixed:
            return False
        apart = set[str]().union(*map(self._constraints.apart_from, moving))
        return change.target not in self.state.events_of(apart).values()

    def _carry_out(self, change: Change, arrived: View) -> None:
        """Move stories, with the records that explain it."""
        clusterer, revisions = self._memory(), self.state.revisions
        for one in clusterer.views(change.seqs):
            clusterer.move(one.seq, change.target)
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
                for pair in change.link.pairs(self.model)
            ]
            self.state.set_join_record(arrived.story_id, record)
        is_gone = not clusterer.members(change.source)
        reason = "merged" if is_gone else change.told
        by = {"story": arrived.story_id}
        revisions.revise(change.source, reason, **by, into=change.target)
        revisions.revise(change.target, reason, **by, **{"from": change.source})
        if is_gone:
            revisions.merge(change.source, change.target)
        self._confirm(change.target)

    def _is_confirmed_by(self, story: Story, event_id: str) -> bool:
        """Tell whether a report that joins an event is the first to confirm it."""
        if self.state.revisions.confirmed_by(event_id) is not None:
            return False
        others = self.state.members_of(event_id, READ_TO_CONFIRM)
        return confirms(story, [member.story for member in others])

    def _confirm(self, event_id: str) -> None:
        """Tell that an event is confirmed, if what joined it does so."""
        if self.state.revisions.confirmed_by(event_id) is not None:
            return
        members = self.state.members_of(event_id, READ_TO_CONFIRM)
        by = first_to_confirm([member.story for member in members])
        if by is not None:
            self.state.revisions.revise(event_id, "confirmed", story=by)
            self.state.revisions.confirm(event_id, by)

    def _correct(self, one: Correction) -> None:
        moved = apply_correction(self.state, one, self._similarity)
        self._obey()
        for event_id in sorted({event_id for _, event_id in moved.values()}):
            self._confirm(event_id)

    def _similarity(self, a: Member, b: Member) -> float:
        one, other = self._memory().views([a.seq, b.seq])
        return float(similarities(one, [other])[0])

    # what leaves

    def _go_on(self, now: Calendar) -> None:
        """Let go of the stories that were first seen too long ago, on a new day."""
        is_later, self._calendar = now.day > self._calendar.day, now
        if is_later and not math.isinf(self._keep_s):
            limit = now.day * DAY_S - self._keep_s
            self._remove(self.state.seen_before(limit), "expired")

    def _forget(self, one: Forget) -> None:
        """Remove stories, and refuse them for ever."""
        if self.state.history.has_come(one.forget_id):
            return
        held = [s for s in one.story_ids if self.state.known(s) is not None]
        days = self._remove(held, "forgotten")
        # A file may hold what expired, or a former version.
        held_days = self._clusterer.neighbours.days() if self._clusterer else {}
        days |= {day for day, (_, removed, _) in held_days.items() if removed}
        self.state.vectors.drop(days)
        self._rewrite |= days
        for story_id in one.story_ids:
            self.state.history.forget(story_id)
        named = self.state.corrections.forget(one.story_ids)
        self.state.revisions.drop_refused([*one.story_ids, *named])
        self.state.strip_reasons(set(one.story_ids))
        self.state.history.put_request(one.forget_id, len(held))
        self._obey()

    def _remove(self, story_ids: Sequence[str], reason: str) -> set[int]:
        """Remove stories, tell it in their events; return the days they were of."""
        removed = self.state.remove(story_ids)
        if removed:
            self._memory().remove([one.seq for one in removed])
        for event_id in sorted({one.event_id for one in removed}):
            is_left = bool(self._memory().members(event_id))
            self.state.revisions.revise(event_id, reason if is_left else "closed")
        return {day_of(one.event_time) for one in removed}

    # memory

    def _bind(self, found: StoryVector) -> None:
        """Bind the state to the space of the first story that comes."""
        space = (found.space_id, found.vectors.shape[1])
        held = self.state.space()
        if held is None:
            self.state.set_space(*space)
            self._clusterer = self._new_clusterer(space[1])
        elif held != space:
            raise Quarantine(
                f"the state holds vectors of space {held[0]}, story"
                f" {found.story.story_id} has {found.space_id}: made by another model;"
                " use the former one, or start another --state"
            )
        if found.made_by not in ("", self._made_by):
            self._made_by = found.made_by
            self.state.set_made_by(found.made_by)

    def _new_clusterer(self, dim: int) -> Clusterer:
        return Clusterer(self.model, dim, self.state.membership, self._views)

    def _memory(self) -> Clusterer:
        if self._clusterer is None:
            raise AssertionError("no space is bound")
        return self._clusterer

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
