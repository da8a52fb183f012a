"""The mean vector of each language, which is taken out of every vector.

A multilingual model's vectors carry the language: two reports of different events in
one language are nearer than one event in two (on 480 reports of 120 events in four
languages the nearest report of all was one of the same event for 67 %; with the means
taken out for 95 %). So the mean of a text's language is subtracted before the vector
goes to the journal. The means are constants, part of the space's identity: a vector
depends on its text and language alone, never on what came before it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Misconfigured

OTHERS: Final = "*"  # the mean for a language without one, and for an unknown one

Rows = NDArray[np.float32]


class LanguageMeans:
    """Of one model.

    Attributes:
        rows: by ISO 639-1 code, shape (dim,); OTHERS is among them.
        digest: that names them, 12 hex digits.
    """

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        """Take them as a file holds them: rounded to fp16.

        Raises:
            Misconfigured: OTHERS is not among them, they differ in length, or a number
                in them is not finite.
        """
        shapes = {row.shape for row in rows.values()}
        if OTHERS not in rows or len(shapes) > 1:
            raise Misconfigured(f"language means: {sorted(rows)}, {shapes}")
        halves = {lang: row.astype(np.float16) for lang, row in sorted(rows.items())}
        if not all(np.isfinite(row).all() for row in halves.values()):
            raise Misconfigured("language means: a number in them is not finite")
        total = hashlib.sha256()
        for lang, row in halves.items():
            total.update(f"{lang}\0".encode() + row.tobytes())
        self.digest = total.hexdigest()[:12]
        self.rows = {lang: row.astype(np.float32) for lang, row in halves.items()}

    @property
    def dim(self) -> int:
        """How many numbers each has."""
        return len(self.rows[OTHERS])

    def of(self, languages: Sequence[str | None]) -> Rows:
        """Return the mean of each one's language, shape (n, dim)."""
        others = self.rows[OTHERS]
        return np.stack([self.rows.get(lang or OTHERS, others) for lang in languages])

    def taken_out(self, vectors: Rows, languages: Sequence[str | None]) -> Rows:
        """Return unit vectors without the mean of each one's language.

        Args:
            vectors: unit vectors, shape (n, dim).
            languages: ISO 639-1 codes, n of them; None where nobody could tell.
        """
        left = vectors - self.of(languages)
        unit: Rows = left / np.linalg.norm(left, axis=1, keepdims=True)
        return unit
