"""Vectors of labelled stories, made once and kept beside the state."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deploy.labelled import Labelled
from deploy.progress import ProgressLine
from embed.embedding import embed_story
from embed.encoder import Encoder
from embed.vector import StoryVector


def embedded(
    rows: Sequence[Labelled], encoder: Encoder, folder: Path
) -> list[StoryVector]:
    """Embed the rows, or take what an earlier run on the same stories left.

    Args:
        rows: in any order.
        encoder: the embedding model.
        folder: where vectors are kept; one file for a set of stories.
    """
    space_id = encoder.space.space_id
    by_id = sorted(rows, key=lambda row: row.row_id)
    named = hashlib.sha256(space_id.encode())
    for row in by_id:
        named.update(f"{row.row_id}\0{row.story.digest}\0".encode())
    path = folder / f"{named.hexdigest()[:16]}.npy"
    kept = np.load(path) if path.exists() else np.zeros(0)
    if kept.shape[0] != len(rows):
        kept = _encoded(by_id, encoder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            np.save(path, kept)
        except OSError as error:
            sys.stderr.write(f"the vectors are not kept for the next time: {error}\n")
    vectors = {row.row_id: one for row, one in zip(by_id, kept, strict=True)}
    return [
        StoryVector(story=row.story, vectors=vectors[row.row_id], space_id=space_id)
        for row in rows
    ]


def _encoded(rows: Sequence[Labelled], encoder: Encoder) -> np.ndarray:
    line, found = ProgressLine(), []
    for number, row in enumerate(rows):
        found.append(embed_story(row.story, encoder).vectors)
        line.show(f"embedded {number + 1} of {len(rows)}")
    line.end()
    return np.stack(found)
