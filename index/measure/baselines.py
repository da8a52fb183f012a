"""What simpler rules make of the same stories, so that no score is read alone.

Each joins a story to the event of the most similar earlier one, at any distance in
time, if the similarity reaches a fixed threshold: what most pipelines ship.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
BLOCK: Final = 256  # rows whose similarities are in memory at once
COSINE: Final = 0.85  # the threshold that peers ship
TFIDF: Final = 0.40
JACCARD: Final = 0.5  # over three-word shingles: what MinHash estimates


def baselines(
    texts: Sequence[str], vectors: NDArray[np.float32]
) -> Iterator[tuple[str, list[int]]]:
    """Yield (name, group number by story) of each rule.

    Args:
        texts: title and text of each story, in the order of arrival.
        vectors: unit vectors, shape (n, dim), in that order.
    """
    yield "every story alone", list(range(len(texts)))
    yield (
        f"cosine >= {COSINE}",
        chained(len(texts), lambda a, b: vectors[a:b] @ vectors.T, COSINE),
    )
    words = _tfidf(texts)
    yield (
        f"TF-IDF >= {TFIDF:.2f}",
        chained(len(texts), lambda a, b: (words[a:b] @ words.T).toarray(), TFIDF),
    )
    yield (
        f"MinHash, Jaccard >= {JACCARD}",
        chained(len(texts), _jaccard(texts), JACCARD),
    )


def chained(
    count: int, similarity: Callable[[int, int], Any], threshold: float
) -> list[int]:
    """Return each story's group: that of its nearest earlier story, or a new one.

    Args:
        count: of stories.
        similarity: of rows [a, b) with all stories, shape (b - a, count).
        threshold: at least so similar.
    """
    groups: list[int] = []
    for begin in range(0, count, BLOCK):
        end = min(begin + BLOCK, count)
        rows = np.asarray(similarity(begin, end))
        for at in range(begin, end):
            earlier = rows[at - begin, :at]
            best = int(earlier.argmax()) if at else -1
            joins = at > 0 and earlier[best] >= threshold
            groups.append(groups[best] if joins else at)
    return groups


def _tfidf(texts: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import (  # noqa: PLC0415
        HashingVectorizer,
        TfidfTransformer,
    )

    counts = HashingVectorizer(norm=None, alternate_sign=False).transform(texts)
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts)


def _jaccard(texts: Sequence[str]) -> Callable[[int, int], Matrix]:
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    shingles = HashingVectorizer(
        ngram_range=(3, 3),
        binary=True,
        norm=None,
        alternate_sign=False,
        n_features=2**22,
    ).transform(texts)
    sizes = np.asarray(shingles.sum(axis=1)).ravel()

    def similarity(begin: int, end: int) -> Matrix:
        shared = (shingles[begin:end] @ shingles.T).toarray()
        union = sizes[begin:end, None] + sizes[None, :] - shared
        shares: Matrix = np.divide(
            shared, union, out=np.zeros_like(shared), where=union > 0
        )
        return shares

    return similarity
