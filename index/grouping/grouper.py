"""Where a report goes, and what moves with it: decided here, written elsewhere.

Pure: from what is known of the stories, of the events that they are in and of what
people said follows a `Plan`. `Placements` carries it out in the state, `samestory
train` in memory.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from samestory.index.decision.decision import Decision
from samestory.index.decision.features import View
from samestory.index.decision.join_record import JoinRecord
from samestory.index.decision.pair_model import PairModel
from samestory.index.grouping.groups import Groups, Stories
from samestory.index.grouping.reassessment import Move, better, new_event, reassess
from samestory.index.messages.constraints import Constraints
from samestory.index.store.membership import Membership


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of a story that comes, and of others by it.

    Attributes:
        view: the story, with the crowd that it met.
        event_id: the event that it is put into.
        record: why.
        is_first: whether the event begins with it.
        moves: of stories, itself perhaps among them, in their order.
    """

    view: View
    event_id: str
    record: JoinRecord
    is_first: bool
    moves: tuple[Move, ...]


def _nowhere(_: Collection[str]) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people said of stories: no decision moves what they placed.

    Attributes:
        constraints: who must be with whom, and who must not.
        placed: the stories that they spoke of, or moved.
        events_of: the event of each of some stories that is stored, by story id.
    """

    constraints: Constraints = field(default_factory=lambda: Constraints([]))
    placed: frozenset[str] = frozenset()
    events_of: Callable[[Collection[str]], Mapping[str, str]] = _nowhere


class Grouper:
    """Decides about stories one after the other."""

    def __init__(
        self,
        model: PairModel,
        stories: Stories,
        membership: Membership,
        people: People | None = None,
    ) -> None:
        """Begin with what is stored; it is read anew for each decision.

        Args:
            model: weights and threshold.
            stories: that are there.
            membership: the events that they are in.
            people: what they said; None for nothing.
        """
        self.model = model
        self.people = people or People()
        self._stories = stories
        self._membership = membership

    def arrive(self, view: View) -> Plan:
        """Decide about a story that is new."""
        groups = self._groups()
        view, decision = groups.look(view, self._apart_from(view))
        event_id = self._demanded(view) or decision.event_id
        record = decision.record()
        if event_id != decision.event_id:
            record = replace(record, demanded=event_id)
        is_first = event_id is None
        if event_id is None:
            event_id = new_event(groups, view, view)
        groups.put(view, event_id)
        return Plan(
            view=view,
            event_id=event_id,
            record=record,
            is_first=is_first,
            moves=self._look_again(groups, view, decision),
        )

    def renew(self, view: View, record: JoinRecord) -> Plan:
        """Decide about a story that has a new version.

        Args:
            view: the new version, under the story's number.
            record: why the former one is in its event.
        """
        groups = self._groups()
        home = groups.event_of(view.seq)
        view, decision = groups.look(view, self._apart_from(view), home)
        move = better(groups, view, decision, view)
        if move is not None and not self._permits(groups, move):
            move = None
        why = decision.record()
        if move is None and decision.event_id != home:
            why = _why_it_stays(record, decision, home)
        groups.put(view, home)
        if move is not None:
            groups.move(move.seqs, move.target)
        moves = self._look_again(groups, view, decision)
        return Plan(
            view=view,
            event_id=home,
            record=why,
            is_first=False,
            moves=moves if move is None else (move, *moves),
        )

    def _groups(self) -> Groups:
        return Groups(self.model, self._stories, self._membership)

    def _look_again(
        self, groups: Groups, view: View, decision: Decision
    ) -> tuple[Move, ...]:
        return tuple(
            reassess(groups, view, decision, lambda m: self._permits(groups, m))
        )

    def _apart_from(self, view: View) -> Collection[str]:
        """Return the stories with which a story must not be.

        Only one that people spoke of, which expired and comes again, may have some.
        """
        return self.people.constraints.apart_from(view.story_id)

    def _demanded(self, view: View) -> str | None:
        """Return the event of those that a new story must be with; None without."""
        partners = self.people.constraints.together(view.story_id) - {view.story_id}
        return min(self.people.events_of(partners).values(), default=None)

    def _permits(self, groups: Groups, move: Move) -> bool:
        """Tell whether corrections allow a move that no person asked for.

        A story that people placed never moves by itself: so undoing a correction finds
        the stories where it put them. Others move to none that they must not be with.
        """
        if not self.people.placed:
            return True
        moving = {one.story_id for one in groups.views(move.seqs)}
        if moving & self.people.placed:
            return False
        apart = set[str]().union(*map(self.people.constraints.apart_from, moving))
        if not apart:
            return True
        events = dict(self.people.events_of(apart))
        decided = groups.decided
        for seq, view in zip(decided, groups.views(decided), strict=True):
            if view.story_id in apart:
                events[view.story_id] = decided[seq]
        return move.target not in events.values()


def _why_it_stays(before: JoinRecord, decision: Decision, home: str) -> JoinRecord:
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
    record = replace(decision, ranked=(*own, *others)).record()
    return replace(record, joined=before.joined)
