"""Neighbours against an exact oracle: values, not lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.neighbours import DAY_S, Neighbours, combine
from ingest.errors import Quarantine

DIM = 8


def units(seed: int, n: int):
    rows = np.random.default_rng(seed).normal(size=(n, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@given(st.integers(0, 500), st.integers(1, 60), st.integers(1, 70))
def test_search_gives_what_exact_search_gives(seed, n, k):
    """Similarity and order equal numpy's, over days, for any k."""
    rows, query = units(seed, n), units(seed + 1, 1)[0]
    index = Neighbours(DIM)
    index.add(range(n), rows, [i * DAY_S / 3 for i in range(n)])
    expected = sorted(
        ((float(row @ query), i) for i, row in enumerate(rows)),
        key=lambda p: (-p[0], p[1]),
    )[:k]
    found = index.search(query, k)
    assert [h.similarity for h in found] == pytest.approx(
        [s for s, _ in expected], abs=1e-6
    )
    assert {h.seq for h in found} == {i for _, i in expected}


def test_equal_and_opposite_vectors_have_cosine_one_and_minus_one():
    """A similarity is a cosine; ties go by number."""
    row = units(3, 1)
    index = Neighbours(DIM)
    index.add([5, 2, 9], np.vstack([row, row, -row]), [0, 0, 0])
    found = index.search(row[0], 3)
    assert [h.seq for h in found] == [2, 5, 9]
    assert [h.similarity for h in found] == pytest.approx([1, 1, -1], abs=1e-6)


def test_a_hundred_equal_vectors_are_told_by_number_also_after_a_replacement():
    """faiss's own order of ties never decides."""
    row = units(3, 1)
    index = Neighbours(DIM)
    index.add(range(100), np.repeat(row, 100, axis=0), [0] * 100)
    index.add([0], row, [0])  # takes the last place in faiss
    assert [h.seq for h in index.search(row[0], 5)] == [0, 1, 2, 3, 4]


def test_days_outside_the_span_are_not_searched():
    """Whole days count: the caller filters within them."""
    index = Neighbours(DIM)
    index.add([0, 1, 2], units(1, 3), [0.5 * DAY_S, 1.5 * DAY_S, 2.5 * DAY_S])
    query = units(2, 1)[0]
    assert {h.seq for h in index.search(query, 9, since=DAY_S)} == {1, 2}
    assert {h.seq for h in index.search(query, 9, until=DAY_S - 1)} == {0}
    assert {h.seq for h in index.search(query, 9, DAY_S, 2 * DAY_S - 1)} == {1}


def test_a_known_number_is_replaced_and_a_removed_one_is_gone():
    """Also when it moves to another day."""
    rows, index = units(4, 2), Neighbours(DIM)
    index.add([7], rows[:1], [0])
    index.add([7], rows[1:], [5 * DAY_S])
    assert len(index) == 1
    found = index.search(rows[1], 5)
    assert [(h.seq, round(h.similarity, 5)) for h in found] == [(7, 1.0)]
    index.remove(7)
    index.remove(7)
    assert index.search(rows[1], 5) == []
    assert Neighbours(DIM).search(rows[0], 5) == []


@pytest.mark.parametrize(
    "rows",
    [
        np.full((1, DIM), np.nan, np.float32),
        np.zeros((1, DIM), np.float32),
        units(1, 1) * 2,
        np.ones((1, DIM + 1), np.float32),
        np.ones(DIM, np.float32),
    ],
)
def test_vectors_that_faiss_would_swallow_are_refused(rows):
    """NaN, zero, long and wrong-size vectors; also as a query."""
    index = Neighbours(DIM)
    with pytest.raises(Quarantine):
        index.add([1], rows, [0])
    assert len(index) == 0
    with pytest.raises(Quarantine):
        index.search(np.full(DIM, np.nan, np.float32), 1)


def test_combine_is_the_direction_of_the_sum():
    """Title plus lead, of unit length."""
    rows = np.array([[1, 0], [0, 1]], np.float16)
    assert combine(rows) == pytest.approx([2**-0.5, 2**-0.5], abs=2**-12)
