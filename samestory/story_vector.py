"""The StoryVector message: a story with the vectors of its two passages.

Travels on topic `journal`; it carries the story, so that the journal alone rebuilds
the index. Vectors are base64 of little-endian fp16 with shape and space id.
"""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Quarantine
from samestory.message import decode_object
from samestory.story import Story

TYPE: Final = "story-vector"
VERSION: Final = "1.1"  # 1.1 says which engine made the vectors
PASSAGES: Final = 2  # title; title and lead
_SPACE: Final = re.compile(r"[\x21-\x7e]{1,100}")
_ENGINE: Final = re.compile(r"[\x20-\x7e]{0,100}")
NORM_TOLERANCE: Final = 0.01  # fp16 keeps a unit vector's norm within 0.001

Vectors = NDArray[np.float16]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryVector:
    """A story and its unit vectors, shape (2, dim): title, title and lead.

    Attributes:
        made_by: the engine and its library's version; empty if it is not known.
    """

    story: Story
    vectors: Vectors
    space_id: str
    made_by: str = ""

    def __post_init__(self) -> None:
        """Refuse vectors that would poison an index.

        Raises:
            Quarantine: wrong shape, NaN or infinity, or not of unit length.
        """
        check_vectors(self.vectors, self.story.story_id)

    def encode(self) -> bytes:
        """Return the message's value: one UTF-8 JSON object."""
        return json.dumps(
            {
                "type": TYPE,
                "version": VERSION,
                "story": self.story.to_json(),
                "vectors": {
                    "space": self.space_id,
                    "made_by": self.made_by,
                    "shape": list(self.vectors.shape),
                    "data": base64.b64encode(to_bytes(self.vectors)).decode(),
                },
            },
            ensure_ascii=False,
        ).encode()

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Build from parsed JSON.

        Raises:
            Quarantine: a field is missing or out of range.
        """
        vectors = fields.get("vectors")
        if not isinstance(vectors, dict) or not isinstance(fields.get("story"), dict):
            raise Quarantine("story-vector: without story or vectors")
        try:
            data = base64.b64decode(vectors["data"], validate=True)
            rows, dim = (max(0, int(n)) for n in vectors["shape"])
            array = np.frombuffer(data, dtype="<f2").reshape(rows, dim)
            space_id, made_by = vectors["space"], vectors.get("made_by", "")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise Quarantine(f"story-vector: vectors: {error}") from error
        for what, name, form in (
            ("space", space_id, _SPACE),
            ("made by", made_by, _ENGINE),
        ):
            if not (isinstance(name, str) and form.fullmatch(name)):
                shown = (
                    repr(name[:40]) if isinstance(name, str) else type(name).__name__
                )
                raise Quarantine(f"story-vector: {what} {shown}")
        return cls(
            story=Story.from_json(fields["story"]),
            vectors=array,
            space_id=space_id,
            made_by=made_by,
        )

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a message's value.

        Raises:
            Quarantine: not a StoryVector of a version that we know.
        """
        return cls.from_json(decode_object(value, TYPE))


def check_vectors(vectors: Vectors, name: str) -> None:
    """Raise Quarantine unless these are two finite unit vectors."""
    if vectors.ndim != PASSAGES or vectors.shape[0] != PASSAGES:
        raise Quarantine(f"{name}: vectors of shape {vectors.shape}")
    wide = vectors.astype(np.float64)
    if not np.isfinite(wide).all():
        raise Quarantine(f"{name}: vectors are not finite")
    if np.abs(np.linalg.norm(wide, axis=1) - 1).max() > NORM_TOLERANCE:
        raise Quarantine(f"{name}: vectors are not of unit length")


def to_bytes(vectors: Vectors) -> bytes:
    """Return little-endian fp16 bytes, row by row."""
    return np.ascontiguousarray(vectors, dtype="<f2").tobytes()
