"""Where stories go when a correction is taken back: as if nobody had ever said it.

The stories around it are put where they stood before any correction, and what is still
in force is done again. So who takes back all that was said has what was before, in
whatever order; a story that came elsewhere by a second look stays there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from samestory.index.grouping.correction_moves import Events, moves_of
from samestory.index.messages.correction import MARKS, UNDO
from samestory.index.store.corrections import ACCEPTED, Corrected
from samestory.index.store.membership import Place
from samestory.index.store.state import State


def moves_without(held: Corrected, state: State, stored: Events) -> dict[str, str]:
    """Return the new event of each story that moves, by story id.

    Args:
        held: the correction, undone by now.
        state: the corrections, and why stories joined.
        stored: the events as they are.
    """
    said = [one for one in state.corrections.all() if one.correction.kind not in MARKS]
    in_force = [
        one for one in said if one.status == ACCEPTED and one.correction.kind != UNDO
    ]
    places = _around(held, state, stored, said)
    imagined = _Imagined(places, said, stored)
    constraints = state.corrections.in_force()
    for one in in_force:
        names = (one.correction.a, one.correction.b)
        imagined.move(
            {
                story: target
                for story, (source, target) in one.moved.items()
                if imagined.event_of(story) == source
            }
        )
        # What joined two that were together already moved nothing then.
        if all(imagined.event_of(name) for name in names if name.startswith("s-")):
            imagined.move(moves_of(one.correction, constraints, imagined))
    return imagined.moves() | _drawn(imagined, state)


def _around(
    held: Corrected, state: State, stored: Events, said: Sequence[Corrected]
) -> dict[str, Place]:
    """Return the stories that it may touch, by id: all that corrections tie to it."""
    places: dict[str, Place] = {}
    partners: dict[str, set[str]] = {}
    for one in said:
        for a, b in one.correction.pairs if one.correction.kind != UNDO else ():
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
    named = {story for pair in held.correction.pairs for story in pair}
    events, seen = set(state.events_of(named | held.moved.keys()).values()), set[str]()
    while events:
        seen |= events
        new = [place for event in sorted(events) for place in stored.arrived(event)]
        places |= {place.story_id: place for place in new}
        others = {name for place in new for name in partners.get(place.story_id, ())}
        events = {
            *state.events_of(others).values(),
            *(before for place in new for before in _before(place, said)),
        } - seen
    return places


def _before(place: Place, said: Sequence[Corrected]) -> Iterator[str]:
    """Yield the events from which corrections brought a story to where it stands."""
    event = place.event_id
    for one in reversed(said):
        source, target = one.moved.get(place.story_id, ("", ""))
        if target == event:
            event = source
            yield event


class _Imagined:
    """Events as they would be, see `correction_moves.Events`."""

    def __init__(
        self, places: Mapping[str, Place], said: Sequence[Corrected], stored: Events
    ) -> None:
        self._stored, self._now = stored, places
        self._event = {
            story: [place.event_id, *_before(place, said)][-1]
            for story, place in places.items()
        }
        self.before = dict(self._event)

    def event_of(self, story_id: str) -> str:
        """Return the event of a story; "" for one that is not here."""
        return self._event.get(story_id, "")

    def move(self, moves: Mapping[str, str]) -> None:
        """Move stories to the events named."""
        self._event |= {s: event for s, event in moves.items() if s in self._event}

    def moves(self) -> dict[str, str]:
        """Return the new event of each story that stands elsewhere now."""
        return {
            story: event
            for story, event in self._event.items()
            if event != self._now[story].event_id
        }

    def in_turn(self) -> Iterable[Place]:
        """Return the stories as they stand now, in their order of arrival."""
        return sorted(self._now.values())

    def standing(self, story_id: str) -> Place:
        """See `Events.standing`."""
        return self._now[story_id]._replace(event_id=self._event[story_id])

    def arrived(self, event_id: str) -> Sequence[Place]:
        """See `Events.arrived`."""
        here = [s for s, event in self._event.items() if event == event_id]
        elsewhere = (
            place
            for place in self._stored.arrived(event_id)
            if place.story_id not in self._event
        )
        return sorted([*map(self.standing, here), *elsewhere])

    def similarity(self, a: Place, b: Place) -> float:
        """See `Events.similarity`."""
        return self._stored.similarity(a, b)


def _drawn(imagined: _Imagined, state: State) -> dict[str, str]:
    """Return where those go that joined by a story that was there by a correction."""
    moves = imagined.moves()
    event = {place.story_id: place.event_id for place in imagined.in_turn()}
    led: dict[str, str] = {}
    for place in imagined.in_turn():
        story, record = place.story_id, state.joins.of(place.story_id)
        if record is None or not (record.joined and record.pairs) or story in moves:
            continue
        nearest = max(record.pairs, key=lambda pair: pair.logit).story_id
        goes = moves.get(nearest) or led.get(nearest)
        if (
            not goes
            or event[nearest] != place.event_id
            or _was_at(nearest, imagined.before[story], imagined, state)
        ):
            continue
        led[story] = goes
    return led


def _was_at(story: str, event: str, imagined: _Imagined, state: State) -> bool:
    """Tell whether an event was a story's own, before corrections or a second look."""
    record = state.joins.of(story)
    looked = {record.moved.source} if record and record.moved else set()
    return event in looked | {imagined.before[story]}
