"""The mean vector of each language, which is taken out of every vector.

A multilingual model's vectors carry the language: two reports of different events in
one language are nearer than one event in two (on 480 reports of 120 events in four
languages the nearest report of all was one of the same event for 67 %; with the means
taken out for 95 %). So the mean of a text's language is subtracted before the vector
goes to the journal. The means are constants, part of the space's identity: a vector
depends on its text and language alone, never on what came before it.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Misconfigured

PACKAGED: Final = Path(__file__).with_name("language_means.json")
OTHERS: Final = "*"  # the mean for a language without one, and for an unknown one

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageMeans:
    """Of one model.

    Attributes:
        digest: that names them, 12 hex digits.
        rows: by ISO 639-1 code, shape (dim,); OTHERS is among them.
    """

    digest: str
    rows: Mapping[str, Rows]

    @classmethod
    def load(cls, path: Path, model_digest: str) -> Self | None:
        """Read those of a model; None if the file has none.

        Raises:
            Misconfigured: it can't be read.
        """
        try:
            coded = json.loads(path.read_text("utf-8")).get(model_digest)
            if coded is None:
                return None
            rows = {
                str(lang): np.frombuffer(base64.b64decode(one), "<f2").astype("<f4")
                for lang, one in coded["means"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(f"language means {path}: {error!r}") from error
        shapes = {row.shape for row in rows.values()}
        if OTHERS not in rows or len(shapes) > 1:
            raise Misconfigured(f"language means {path}: {sorted(rows)}, {shapes}")
        named = json.dumps(coded["means"], sort_keys=True).encode()
        return cls(digest=hashlib.sha256(named).hexdigest()[:12], rows=rows)

    def taken_out(self, vectors: Rows, languages: Sequence[str | None]) -> Rows:
        """Return unit vectors without the mean of each one's language.

        Args:
            vectors: unit vectors, shape (n, dim).
            languages: ISO 639-1 codes, n of them; None where nobody could tell.
        """
        others = self.rows[OTHERS]
        means = np.stack([self.rows.get(lang or OTHERS, others) for lang in languages])
        left = vectors - means
        unit: Rows = left / np.linalg.norm(left, axis=1, keepdims=True)
        return unit


@cache
def packaged_means(model_digest: str) -> LanguageMeans | None:
    """Return the means that come with a model; None for one that needs none."""
    return LanguageMeans.load(PACKAGED, model_digest)


def encoded(means: Mapping[str, Rows]) -> dict[str, str]:
    """Return means as the file holds them: float16, base64."""
    return {
        lang: base64.b64encode(row.astype("<f2").tobytes()).decode()
        for lang, row in sorted(means.items())
    }
