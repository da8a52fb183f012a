"""Which report of one side is most like which of the other: of them people ask why."""

from collections.abc import Sequence

import numpy as np

from samestory.errors import Misconfigured
from samestory.index.store.rows import Member


def most_alike(
    some: Sequence[Member], others: Sequence[Member]
) -> tuple[Member, Member]:
    """Return the two of highest cosine of title and lead, one of each side.

    A story is not paired with itself, where it is on both sides and not alone.

    Raises:
        Misconfigured: a side is empty.
    """
    if not (some and others):
        raise Misconfigured("one of the two has no stories any more")
    a, b = (
        np.stack([one.vectors[-1] for one in side]).astype(np.float32)
        for side in (some, others)
    )
    cosines = a @ b.T
    twice = np.equal.outer([one.seq for one in some], [one.seq for one in others])
    cosines[twice] = -np.inf
    i, j = divmod(int(cosines.argmax()), len(others))
    return some[i], others[j]
