"""An index that looks a second time."""

import json
from datetime import timedelta

import numpy as np

from samestory.index.decision.features import FEATURES
from samestory.index.decision.pair_model import PairModel
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from samestory.story_vector import StoryVector
from tests.conftest import NOW, make_story

# Alike by the cosine alone: 0.5 at 60 degrees' half, 0.9 at a cosine of 0.72.
MODEL = PairModel(
    name="by cosine",
    bias=-5.0,
    weights=tuple(10.0 * (name == "similarity") for name in FEATURES),
    threshold=0.5,
)


def at(*degrees: float) -> np.ndarray:
    """Return a unit vector: the first angle in one plane, the second in another."""
    first, second = np.radians([*degrees, 0.0][:2])
    found = np.zeros((1, 8))
    found[0, :3] = np.cos(first) * np.cos(second), np.sin(first), np.sin(second)
    return np.repeat(found / np.linalg.norm(found), 2, axis=0).astype(np.float16)


def report(
    name: str,
    *degrees: float,
    hours: float = 0.0,
    title: str = "",
    outlet: str = "example.org",
) -> bytes:
    moment = NOW + timedelta(hours=hours)
    story = make_story(
        name,
        title=title or name,
        text="",
        published=moment,
        first_seen=moment,
        outlet=outlet,
    )
    return StoryVector(story=story, vectors=at(*degrees), space_id="v-t").encode()


class Harness:
    """An index by MODEL, told one report after another."""

    def __init__(self, path) -> None:
        self.path = path
        self.index = EventIndex(State(path), MODEL)

    def __call__(self, *records: bytes) -> None:
        begin = self.index.state.meta.position()
        self.index.apply(list(enumerate(records, begin)))

    def restart(self) -> None:
        self.index.state.close()
        self.index = EventIndex(State(self.path), MODEL)

    def groups(self) -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for member in self.index.state.stories():
            found.setdefault(member.event_id, set()).add(member.story.title)
        return {frozenset(group) for group in found.values()}

    def reasons(self) -> list[str]:
        values = [one.value for one in self.index.state.revisions.outbox()]
        return [json.loads(value)["reason"] for value in values]

    def member(self, name: str):
        found = self.index.state.member(make_story(name).story_id)
        assert found is not None
        return found


def groups(*names: str) -> set[frozenset[str]]:
    return {frozenset(one.split()) for one in names}
