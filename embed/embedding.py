"""Stories -> their vectors."""

from collections.abc import Callable, Sequence

import numpy as np

from samestory.embed.encoder import Encoder, nothing
from samestory.embed.passage import passages, story_passages
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
        languages = [story.lang for story in stories for _ in range(PASSAGES)]
        rows = _encoded(texts, languages, encoder, meanwhile)
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


def embed_text(title: str, text: str, lang: str | None, encoder: Encoder) -> Vectors:
    """Return the vectors of a text that is no story, shape (2, dim).

    Args:
        title: may be empty, if there is a text.
        text: may be empty.
        lang: ISO 639-1; None when nobody could tell.
        encoder: the model.

    Raises:
        Quarantine: the model fails on it.
    """
    texts = passages(title, text, encoder.space.tokens)
    return _encoded(texts, [lang] * PASSAGES, encoder, nothing)


def _encoded(
    texts: Sequence[str],
    languages: Sequence[str | None],
    encoder: Encoder,
    meanwhile: Callable[[], None],
) -> Vectors:
    """Return the texts' vectors without their languages' means, fp16."""
    rows = encoder.encode(texts, meanwhile)
    if encoder.means is not None:
        rows = encoder.means.taken_out(rows, languages)
    return rows.astype(np.float16)


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
