"""Days, and dates that are a day alone."""

import pytest

from samestory.days import is_day_alone


@pytest.mark.parametrize(
    ("written", "is_day"),
    [
        ("2026-05-04", True),
        ("20260504", True),
        ("4 May 2026", True),
        ("2026-05-04T00:00:00Z", False),  # much is published at midnight
        ("2026-05-04 23:30", False),
        ("20260504T2330", False),
        ("20260504233000Z", False),
        ("1777937400", False),
        ("", False),
        (None, False),
    ],
)
def test_a_date_without_an_hour_is_a_day(written, is_day):
    """As its publisher writes it."""
    assert is_day_alone(written) is is_day
