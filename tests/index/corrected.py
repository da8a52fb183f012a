"""What people say of stories, and an index that hears it."""

from datetime import UTC, datetime

from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import APART, Correction
from samestory.index.store.state import State
from tests.conftest import make_story
from tests.index.vectors import record

AT = datetime(2026, 3, 1, tzinfo=UTC)


STORIES = 9


IDS = [make_story(f"n{i}").story_id for i in range(STORIES)]


def said(number: int, kind: str, a: str, b: str, *members: str) -> bytes:
    return Correction(
        correction_id=f"c-{number}",
        kind=kind,
        a=a,
        b=b,
        who="Ada",
        why="",
        at=AT,
        members=members,
    ).encode()


def stories(count=STORIES, topics=3):
    return [record(f"n{i}", i % topics, i, hours=i) for i in range(count)]


class Harness:
    """A state, and the corrections that it is told."""

    def __init__(self, path, records):
        self.state = State(path)
        self.index = EventIndex(self.state)
        self.records = list(records)
        self.index.apply(list(enumerate(self.records)))

    def say(self, kind, a, b, *members):
        number = len(self.records)
        names = [IDS[one] if isinstance(one, int) else one for one in (a, b, *members)]
        self.records.append(said(number, kind, *names))
        self.index.apply([(number, self.records[-1])])
        return self.state.corrections.get(f"c-{number}")

    def part(self, story, other):
        """Say that a story is not of the event of another, as the command does."""
        event = self.state.assignments()[IDS[other]]
        members = [m.story.story_id for m in self.state.members_of(event)]
        return self.say(APART, story, event, *(m for m in members if m != IDS[story]))

    def groups(self):
        found = {}
        for story, event in self.state.assignments().items():
            found.setdefault(event, set()).add(IDS.index(story))
        return sorted(map(sorted, found.values()))
