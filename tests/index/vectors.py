"""Journal records of stories with vectors of our own."""

from datetime import timedelta

import numpy as np

from samestory.index.decision.pair_model import PairModel
from samestory.story_vector import StoryVector
from tests.conftest import NOW, make_story

DIM = 64


MODEL = PairModel.load()


def vector(topic: int, noise: int, spread: float = 0.3):
    """Return the vectors of a report: near its topic, apart from others."""
    base = np.random.default_rng(topic).normal(size=(1, DIM))
    rows = base + spread * np.random.default_rng(1000 + noise).normal(size=(2, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def record(name: str, topic: int, noise: int, hours: float = 0.0, **changes) -> bytes:
    at = NOW + timedelta(hours=hours)
    story = make_story(
        name, **({"published": at, "first_seen": NOW + timedelta(days=9)} | changes)
    )
    return StoryVector(
        story=story, vectors=vector(topic, noise), space_id="v-t"
    ).encode()


# Four topics, junk, and one that comes twice.
JOURNAL = [
    (i, record(f"n{i}", topic=i % 4, noise=i, hours=3 * i)) for i in range(24)
] + [(24, b"junk"), (25, record("n3", topic=3, noise=3, hours=9))]
