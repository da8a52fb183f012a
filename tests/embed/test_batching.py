"""How texts are put together for the model, and for its processes."""

from hypothesis import given
from hypothesis import strategies as st

from samestory.embed.batching import BUDGET, STEP, batches
from samestory.embed.processes import tasks


@given(st.lists(st.integers(1, 600), max_size=200))
def test_batches_hold_each_text_once_within_the_budget(lengths):
    """Of one padded length, in powers of two, no more than the budget."""
    found = list(batches(lengths))
    assert sorted(row for batch in found for row in batch.rows) == list(
        range(len(lengths))
    )
    for rows, length in found:
        assert length % STEP == 0
        assert all(length - STEP < lengths[row] <= length for row in rows)
        assert len(rows) & (len(rows) - 1) == 0
        assert len(rows) * length <= max(BUDGET, length)


@given(st.lists(st.text(max_size=3_000), max_size=60), st.integers(1, 64))
def test_tasks_hold_each_text_once(texts, processes):
    """However they are cut."""
    assert sorted(n for task in tasks(texts, processes) for n in task) == list(
        range(len(texts))
    )
