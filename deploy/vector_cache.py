"""Vectors of labelled stories, made once and kept beside the state."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from samestory.deploy.progress import ProgressLine
from samestory.embed.embedding import embed_stories
from samestory.embed.encoder import Encoder
from samestory.errors import Quarantine
from samestory.private import private_folder, private_opener, replaced
from samestory.story import Story
from samestory.story_vector import StoryVector

WINDOW: Final = 128  # stories embedded together


def embedded(
    stories: Sequence[Story], encoder: Encoder, folder: Path
) -> list[StoryVector]:
    """Embed stories, or take what an earlier run on the same stories left.

    Args:
        stories: in any order.
        encoder: the embedding model.
        folder: where vectors are kept; one file for a set of stories.
    """
    space_id = encoder.space.space_id
    by_id = sorted(
        {(one.story_id, one.digest): one for one in stories}.values(),
        key=lambda one: (one.story_id, one.digest),
    )
    named = hashlib.sha256(space_id.encode())
    for one in by_id:
        named.update(f"{one.story_id}\0{one.digest}\0".encode())
    path = folder / f"{named.hexdigest()[:16]}.npy"
    kept = np.load(path) if path.exists() else np.zeros(0)
    if kept.shape[0] != len(by_id):
        kept = _encoded(by_id, encoder)
        try:
            private_folder(folder)
            with replaced(path) as new, open(new, "wb", opener=private_opener) as file:
                np.save(file, kept)
        except OSError as error:
            sys.stderr.write(f"the vectors are not kept for the next time: {error}\n")
    vectors = {
        (story.story_id, story.digest): one
        for story, one in zip(by_id, kept, strict=True)
    }
    return [
        StoryVector(
            story=one, vectors=vectors[one.story_id, one.digest], space_id=space_id
        )
        for one in stories
    ]


def _encoded(stories: Sequence[Story], encoder: Encoder) -> np.ndarray:
    line, encoded = ProgressLine(), []
    for at in range(0, len(stories), WINDOW):
        for one in embed_stories(stories[at : at + WINDOW], encoder):
            if isinstance(one, Quarantine):
                raise one
            encoded.append(one.vectors)
        line.count("embedded", len(encoded), len(stories))
    line.end()
    return np.stack(encoded)
