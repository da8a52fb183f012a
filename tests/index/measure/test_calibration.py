"""Whether a probability means what it says."""

import pytest

from samestory.index.decision.comparison import compare
from samestory.index.decision.pair_model import PairModel
from samestory.index.measure.calibration import LEAST, calibration, looked_at
from tests.conftest import make_story
from tests.index.vectors import vector


def test_the_error_is_the_mean_over_bins_of_equal_count():
    """Half of the pairs are said at .2, of which .1 are true; half at .8, of which .9."""
    low = [(0.2, n < 5) for n in range(50)]
    high = [(0.8, n < 45) for n in range(50)]
    found = calibration([*high, *low, (LEAST / 2, True)])
    assert found.pairs == 100
    assert [one.pairs for one in found.bins] == [10] * 10
    said = [one.probability for one in found.bins]
    assert said == pytest.approx([0.2] * 5 + [0.8] * 5)
    # Within a bin of one probability the false ones come first: .1 is in the last one.
    assert found.bins[0].same == 0
    assert found.bins[4].same == pytest.approx(0.5)
    assert found.error == pytest.approx((4 * 0.2 + 0.3 + 0.3 + 4 * 0.2) / 10)


def test_without_pairs_there_is_no_error():
    """Nor a bin without one."""
    assert calibration([(LEAST / 2, True)]) == (0, None, ())
    assert calibration([(0.5, True)]) == (1, 0.5, ((1, 0.5, 1.0),))


def test_the_pairs_are_those_that_the_index_looks_at():
    """Each story with those before it, at the probability that decides."""
    model = PairModel.load()
    views = [
        model.view(make_story(f"n{n}", outlet=f"o{n}"), vector(n % 2, n), seq=n)
        for n in range(4)
    ]
    found = {(a, b): p for a, b, p in looked_at(views, model)}
    assert found.keys() == {(a, b) for a in range(4) for b in range(a)}
    (expected,) = compare(views[2], [views[0]], model).allowed
    assert found[2, 0] == expected
    assert found[2, 0] > found[2, 1]
    assert list(looked_at([], model)) == []
