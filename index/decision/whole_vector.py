"""What is searched of a story: one unit vector of whole multiples, on the story's day.

Apart from `samestory.index.search.neighbours`, which searches them with faiss: who
lists events or reads the day need not load it (0.1 s, 30 MB).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Quarantine

_SCALE: Final = 1 << 11
# Beside a lead of weight 1. Average precision of pairs in busy weeks that no fit saw:
# weight 1 .826, 1/2 .833, 1/4 .837, 0 .841; across languages .987, .985, .981, .977.
TITLE: Final = 0.25
Vectors = NDArray[np.float32]


def combine(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return the unit vector that is searched: lead plus some title, shape (dim,).

    The lead begins with the title; see TITLE for what more of it is good for.

    Its components are whole multiples of 2**-11, so that the products of two are whole
    multiples of 2**-22 and float32 holds every partial sum exactly: similarities don't
    depend on BLAS, faiss, batch size or the order of sums. They are 0.001 off at most.
    """
    title, lead = vectors.astype(np.float64)
    total = TITLE * title + lead
    total /= np.linalg.norm(total)
    rounded: NDArray[np.float32] = (np.rint(total * _SCALE) / _SCALE).astype(np.float32)
    return rounded


def check_units(rows: Vectors) -> None:
    """Refuse vectors that would poison an index, shape (n, dim).

    Raises:
        Quarantine: one is not finite, or not of unit length.
    """
    norms = np.linalg.norm(rows, axis=1)
    if not np.isfinite(norms).all() or (np.abs(norms - 1) > 0.01).any():  # noqa: PLR2004
        raise Quarantine("vectors are not finite or not of unit length")
