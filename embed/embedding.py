"""Stories -> their vectors."""

from collections.abc import Callable, Sequence

import numpy as np

from samestory.embed.encoder import Encoder, nothing
from samestory.embed.passage import story_passages
from samestory.errors import Quarantine
from samestory.story import Story
from samestory.story_vector import PASSAGES, StoryVector, Vectors


def embed_stories(
    stories: Sequence[Story],
    encoder: Encoder,
    meanwhile: Callable[[], None] = nothing,
) -> list[StoryVector | Quarantine]:
    """Return each story's vectors, or why the model fails on it.

    Args:
        stories: any number, in any order.
        encoder: the model.
        meanwhile: see `Encoder.encode`.
    """
    tokens = encoder.space.tokens
    texts = [text for story in stories for text in story_passages(story, tokens)]
    try:
        rows = encoder.encode(texts, meanwhile).astype(np.float16)
    except Quarantine as error:
        if len(stories) == 1:
            return [error]
        return [
            alone
            for story in stories
            for alone in embed_stories([story], encoder, meanwhile)
        ]
    return [
        _vector(story, rows[PASSAGES * n : PASSAGES * (n + 1)], encoder)
        for n, story in enumerate(stories)
    ]


def _vector(story: Story, rows: Vectors, encoder: Encoder) -> StoryVector | Quarantine:
    try:
        return StoryVector(
            story=story,
            vectors=rows,
            space_id=encoder.space.space_id,
            made_by=encoder.made_by,
        )
    except Quarantine as error:  # e.g. NaN
        return error
