"""A story -> its vectors."""

import numpy as np

from embed.encoder import Encoder
from embed.passage import story_passages
from embed.vector import StoryVector
from ingest.story import Story


def embed_story(story: Story, encoder: Encoder) -> StoryVector:
    """Return one story's vectors.

    Raises:
        Quarantine: the model fails on it.
    """
    rows = encoder.encode(story_passages(story))
    return StoryVector(
        story=story,
        vectors=rows.astype(np.float16),
        space_id=encoder.space.space_id,
    )
