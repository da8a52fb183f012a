"""What an event's reports, or those of other events, nearly joined when they came.

Told from the records of the decisions, as `why` tells them; nothing is compared anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from samestory.index.decision.join_record import JoinRecord
from samestory.index.store.reader import Reader
from samestory.index.store.results import Event

LEAST: Final = 0.05  # probability of what was near
AROUND: Final = timedelta(days=2)  # of the event: other events' stories that are asked
MOST: Final = 3  # events that are told
_Named = tuple[str, float, str | None]  # id, probability, veto


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """Another event that nearly was this one.

    Attributes:
        event: as it is now.
        probability: the highest that a report had for it, were there no veto.
        veto: why a report could not be of it; None if none said so.
    """

    event: Event
    probability: float
    veto: str | None

    def to_json(self) -> dict[str, Any]:
        """Return what `event --json` says of it."""
        return {
            "event_id": self.event.event_id,
            "title": self.event.title,
            "probability": round(self.probability, 4),
            "veto": self.veto,
        }


def near_misses(reader: Reader, event: Event) -> list[NearMiss]:
    """Return the events that an event nearly was, the nearest first, a few at most."""
    own = {one.story_id for one in event.reports}
    ours, found = event.event_id, dict[str, tuple[float, str | None]]()
    named: list[_Named] = []
    for story_id in sorted(own):
        record = reader.joins.of(story_id)
        named += _others(reader, record) if record else []
    times = [one.event_time for one in event.reports]
    begin, end = min(times) - AROUND, max(times) + AROUND
    names = own | {ours} | {one.replace("s-", "e-", 1) for one in own}
    near = reader.joins.near(begin.timestamp(), end.timestamp(), LEAST, names)
    for other, record in near:
        named += [
            (other, probability, veto)
            for one, probability, veto in _others(reader, record)
            if one == ours
        ]
    for other, probability, veto in named:
        if other != ours and probability >= LEAST:
            before = found.get(other, (0.0, None))
            found[other] = (max(before[0], probability), before[1] or veto)
    ranked = sorted(found, key=lambda one: (-found[one][0], one))[:MOST]
    return [
        NearMiss(event=reader.event(one), probability=found[one][0], veto=found[one][1])
        for one in ranked
    ]


def _others(reader: Reader, record: JoinRecord) -> Iterator[_Named]:
    """Yield the events that a story did not join: ids of now, how near, a veto."""
    stories: list[_Named] = [
        (one.story_id, one.probability, one.reason) for one in record.vetoed
    ]
    if not record.joined and record.pairs:
        stories.append((record.pairs[0].story_id, record.probability, None))
    if record.runner_up:  # an event is called as its first story, wherever that is now
        first = record.runner_up[0].replace("e-", "s-", 1)
        stories.append((first, record.runner_up[1], None))
    now = reader.events_of([story_id for story_id, _, _ in stories])
    for story_id, probability, veto in stories:
        if story_id in now:
            yield now[story_id], probability, veto
