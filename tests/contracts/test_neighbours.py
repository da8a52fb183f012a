"""Neighbours against an exact oracle: values, not lengths."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestory.days import DAY_S
from samestory.errors import Quarantine
from samestory.index.decision.whole_vector import combine
from samestory.index.search.batch_search import BatchSearch
from samestory.index.search.neighbours import Neighbours, write_vectors

DIM = 8
COARSE = 4  # few values a component: many ties


def units(seed: int, n: int, coarse: bool = False):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, DIM)) if not coarse else rng.integers(-1, 2, (n, DIM))
    rows = rows + (rows == 0).all(axis=1, keepdims=True)
    return np.stack([combine(np.stack([row, row])) for row in rows.astype(np.float64)])


class Oracle:
    """What a search must find, by sorting everything."""

    def __init__(self) -> None:
        self.held: dict[int, tuple[np.ndarray, float]] = {}

    def search(self, query, k, since, until, among=None):
        """Return (similarity, number, time) of the k best, as float64 has them."""
        found = [
            (-float(row.astype(np.float64) @ query.astype(np.float64)), seq, time)
            for seq, (row, time) in self.held.items()
            if since <= time <= until and (among is None or seq in among)
        ]
        return [(-s, seq, time) for s, seq, time in sorted(found)[:k]]


def told(hits):
    return [(hit.similarity, hit.seq, hit.time) for hit in hits]


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.integers(0, 20),  # number, known ones too
            st.integers(0, 400),  # vector
            st.integers(0, 60),  # time, in tenths of a day
        ),
        st.tuples(st.just("remove"), st.integers(0, 20)),
        st.tuples(st.just("file"), st.integers(0, 6)),
    ),
    min_size=1,
    max_size=60,
)


@given(steps, st.booleans(), st.integers(1, 25), st.integers(0, 60), st.integers(0, 60))
def test_every_search_gives_what_exact_search_gives(
    tmp_path_factory, sequence, coarse, k, since, until
):
    """Added, replaced, moved to another day, removed, filed; ties; for any k and span.

    To the last bit: similarities are sums of whole multiples of 2**-22.
    """
    folder = tmp_path_factory.mktemp("n")
    index, oracle = Neighbours(DIM), Oracle()
    rows = units(7, 401, coarse)
    for number, step in enumerate(sequence):
        if step[0] == "add":
            _, seq, vector, time = step
            index.add([seq], rows[[vector]], [time * DAY_S / 10])
            oracle.held[seq] = rows[vector], time * DAY_S / 10
        elif step[0] == "remove":
            index.remove(step[1])
            oracle.held.pop(step[1], None)
        else:
            refile(index, step[1], folder / f"{number}.faiss")
    queries = units(8, 6, coarse)
    first, last = since * DAY_S / 10, until * DAY_S / 10
    every = set(range(0, 21, 3))
    for query in queries:
        expected = oracle.search(query, k, first, last)
        assert told(index.search(query, k, first, last)) == expected
        among = index.search(query, k, first, last, every)
        assert told(among) == oracle.search(query, k, first, last, every)
    many = index.search_many(queries, k, [first] * 6, [last, *[np.inf] * 5])
    ends = [last, *[np.inf] * 5]
    assert [told(hits) for hits in many] == [
        oracle.search(query, k, first, end)
        for query, end in zip(queries, ends, strict=True)
    ]
    assert len(index) == len(oracle.held)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), max_size=40),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), max_size=20),
    st.sets(st.integers(0, 30), max_size=4),
    st.booleans(),
    st.integers(1, 12),
)
def test_what_a_batch_search_found_is_what_a_search_finds_later(
    before, after, removed, coarse, k
):
    """Whatever came, came again or went in between; or it says that it can't tell."""
    rows, index = units(11, 31, coarse), Neighbours(DIM)
    for seq, time in before:
        index.add([seq], rows[[seq]], [time * DAY_S / 10])
    queries = {
        str(n): (row, 2 * DAY_S, (2 + n) * DAY_S)
        for n, row in enumerate(units(12, 5, coarse))
    }
    batch_search = BatchSearch(index, queries, k)
    hits_at_first = {
        name: {hit.seq for hit in index.search(row, k, since, until)}
        for name, (row, since, until) in queries.items()
    }
    for seq, time in after:
        row = rows[(seq + 7) % 31]
        index.add([seq], row[None, :], [time * DAY_S / 10])
        batch_search.put(seq, row, time * DAY_S / 10)
    for seq in removed:
        index.remove(seq)
        batch_search.remove(seq)
    for name, (row, since, until) in queries.items():
        expected = index.search(row, k, since, until)
        found = batch_search.search(name, row, since, until)
        at_first = hits_at_first[name]
        if at_first & ({seq for seq, _ in after} | removed):
            assert found is None
        else:
            assert found == expected
    row, since, until = queries["0"]
    assert BatchSearch(index, queries, k).search("0", row, since, until + 1) is None
    assert BatchSearch(index, queries, k).search("0", -row, since, until) is None


def refile(index: Neighbours, day: int, path) -> None:
    """Put a day into a file, as the state does."""
    seqs, rows = index.of_day(day)
    if len(seqs):
        write_vectors(path, seqs, rows)
        times = np.array([index.times[seq] for seq in seqs.tolist()])
        index.map_day(day, path, seqs, times)


def test_equal_and_opposite_vectors_have_cosine_one_and_minus_one():
    """A similarity is a cosine; ties go by number."""
    row = units(3, 1)
    index = Neighbours(DIM)
    index.add([5, 2, 9], np.vstack([row, row, -row]), [0, 0, 0])
    found = index.search(row[0], 3)
    assert [h.seq for h in found] == [2, 5, 9]
    assert [h.similarity for h in found] == pytest.approx([1, 1, -1], abs=2e-3)


def test_a_hundred_equal_vectors_are_told_by_number_also_after_a_replacement():
    """faiss's own order of ties never decides."""
    row = units(3, 1)
    index = Neighbours(DIM)
    index.add(range(100), np.repeat(row, 100, axis=0), [0] * 100)
    index.add([0], row, [0])  # takes the last place in faiss
    assert [h.seq for h in index.search(row[0], 5)] == [0, 1, 2, 3, 4]
    for seq in range(50):
        index.remove(seq)
    assert [h.seq for h in index.search(row[0], 5)] == [50, 51, 52, 53, 54]


def test_of_a_number_that_comes_twice_in_one_call_the_last_counts():
    """faiss would hold both."""
    rows, index = units(4, 2), Neighbours(DIM)
    index.add([7, 7], rows, [0, 5 * DAY_S])
    ((similarity, seq, time),) = told(index.search(rows[1], 5))
    assert (seq, time) == (7, 5 * DAY_S)
    assert similarity == pytest.approx(1, abs=2e-3)


def test_an_empty_index_and_one_without_the_wanted_span_find_nothing():
    """No padding with -1, as faiss gives it."""
    query = units(2, 1)[0]
    index = Neighbours(DIM)
    assert index.search(query, 5) == []
    assert index.search_many(units(2, 3), 5) == [[], [], []]
    index.add([1], units(1, 1), [0])
    assert index.search(query, 5, since=1) == []
    assert index.search(query, 0) == []
    assert index.search(query, 5, among=[]) == []
    assert [h.seq for h in index.search(query, 99)] == [1]


def test_a_file_that_names_stories_of_other_days_or_none_does_not_revive_them(tmp_path):
    """A file is older than what was removed or moved since."""
    index = Neighbours(DIM)
    rows = units(5, 3)
    index.add([1, 2, 3], rows, [0, 0, 0])
    seqs, vectors = index.of_day(0)
    write_vectors(tmp_path / "0.faiss", seqs, vectors)
    again = Neighbours(DIM)
    known = np.array([1, 3])
    again.map_day(0, tmp_path / "0.faiss", known, np.array([5.0, 2 * DAY_S]))
    assert [h.seq for h in again.search(rows[1], 9)] == [1]
    assert again.days() == {0: (3, 2, 0)}


@pytest.mark.parametrize(
    "rows",
    [
        np.full((1, DIM), np.nan, np.float32),
        np.zeros((1, DIM), np.float32),
        units(1, 1) * 2,
        np.ones((1, DIM + 1), np.float32),
        np.ones(DIM, np.float32),
    ],
    ids=["nan", "zero", "long", "wide", "flat"],
)
def test_vectors_that_faiss_would_swallow_are_refused(rows):
    """NaN, zero, long and wrong-size vectors; also as a query."""
    index = Neighbours(DIM)
    with pytest.raises(Quarantine):
        index.add([1], rows, [0])
    assert len(index) == 0
    for query in (np.full(DIM, np.nan), np.full(DIM, np.inf), np.ones(DIM + 1)):
        with pytest.raises(Quarantine):
            index.search(query.astype(np.float32), 1)


def test_readers_of_files_are_not_disturbed_while_a_writer_replaces_them(tmp_path):
    """Each process has an index of its own; the files they map never change."""
    rows = units(9, 200)
    writer, seqs = Neighbours(DIM), np.arange(200)
    writer.add(seqs.tolist(), rows, [0.0] * 200)
    refile(writer, 0, tmp_path / "first.faiss")
    reader = Neighbours(DIM)
    reader.map_day(0, tmp_path / "first.faiss", seqs, np.zeros(200))
    query = units(10, 1)[0]
    expected, found = told(reader.search(query, 20)), []

    def read() -> None:
        found.extend(told(reader.search(query, 20)) for _ in range(300))

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(30):
        writer.remove(number)
        refile(writer, 0, tmp_path / f"{number}.faiss")
        (tmp_path / "first.faiss").unlink(missing_ok=True)
    thread.join()
    assert found == [expected] * 300


def test_combine_is_the_direction_of_a_weighted_sum():
    """A quarter of the title plus the lead, of unit length."""
    rows = np.array([[1, 0], [0, 1]], np.float16)
    assert combine(rows) == pytest.approx([17**-0.5, 4 * 17**-0.5], abs=2**-12)
