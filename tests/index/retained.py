"""An index that forgets by the day."""

import json
from datetime import timedelta

from samestory.index.decision.expiry import LATEST
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from tests.conftest import NOW, make_story
from tests.index.vectors import record

KEPT_DAYS = 10


KEEP_S = KEPT_DAYS * 86_400.0


def seen(name: str, topic: int, noise: int, day: float, **changes) -> bytes:
    """Return a report that was published and first seen on a day."""
    at = NOW + timedelta(days=day)
    return record(
        name,
        topic,
        noise,
        **({"published": at, "first_seen": at, "observed": at} | changes),
    )


def id_of(name: str) -> str:
    return make_story(name).story_id


class Harness:
    """An index that is restarted before each call."""

    def __init__(self, path, keep_s=KEEP_S):
        self.path, self._keep_s, self.position = path, keep_s, 0
        self.journal: list[bytes] = []

    def read(self, *records: bytes) -> State:
        index = EventIndex(State(self.path), keep_s=self._keep_s)
        for one in records:
            index.apply([(self.position, one)])
            self.position += 1
            self.journal.append(one)
        self.state = index.state
        return self.state


def crowd(day: float, count: int = LATEST) -> list[bytes]:
    """Return enough reports of a day for it to count as come."""
    return [seen(f"day{day} {i}", 90 + i, 900 + i, day) for i in range(count)]


def last_of(state: State, event_id: str) -> dict:
    found = [json.loads(o.value) for o in state.revisions.outbox() if o.key == event_id]
    return found[-1]
