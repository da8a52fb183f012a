"""Vectors of passages seen lately: a verbatim reprint costs no model call.

In the process's memory only. Nothing but an exact copy of the embedded passage, which
would get the same vector in any case, reuses one.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from samestory.embed.encoder import Encoder, Vectors, nothing
from samestory.embed.means import LanguageMeans
from samestory.embed.space import EmbeddingSpace

MOST: Final = 20_000  # vectors: 36 MB of 384 numbers with their keys (tracemalloc)


class RememberingEncoder:
    """An encoder that embeds a text once; see `Encoder`.

    Attributes:
        copies: texts that cost no model call, so far.
    """

    def __init__(self, encoder: Encoder, most: int = MOST) -> None:
        self._encoder = encoder
        self._most = most
        self._kept: OrderedDict[bytes, Vectors] = OrderedDict()
        self.copies = 0

    @property
    def space(self) -> EmbeddingSpace:
        """See `Encoder.space`."""
        return self._encoder.space

    @property
    def made_by(self) -> str:
        """See `Encoder.made_by`."""
        return self._encoder.made_by

    @property
    def means(self) -> LanguageMeans | None:
        """See `Encoder.means`."""
        return self._encoder.means

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> Vectors:
        """See `Encoder.encode`."""
        keys = [_key(text) for text in texts]
        new = {k: t for k, t in zip(keys, texts, strict=True) if k not in self._kept}
        rows = self._encoder.encode(list(new.values()), meanwhile)
        rows_of = dict(zip(new, rows, strict=True))
        self.copies += len(texts) - len(new)
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
                rows_of[key] = self._kept[key]
            else:
                self._kept[key] = rows_of[key].copy()
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        if not texts:
            return rows
        return np.stack([rows_of[key] for key in keys])

    def close(self) -> None:
        """See `Encoder.close`."""
        self._encoder.close()


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
