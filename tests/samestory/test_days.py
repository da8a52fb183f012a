"""Days, and dates that are a day alone."""

from datetime import UTC, datetime

import pytest

from samestory.days import is_day_alone
from samestory.ingest.text.dates import parse_date_of_any_language


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
        ("Mon, 04 May 2026 15.30.00 +0000", False),
        ("2026-05-04 1530", False),
        ("May 4, 2026 3 PM", False),
        ("4 mai 2026 à 15h30", False),
        ("2026年5月4日15时30分", False),
        ("Mon, 04 May 2026", True),
        ("Mon, 04 May 2026 GMT", True),
        ("04 May 2026 MSK", True),
        ("Mon, 04 May 2026 +0300", True),
        ("2026-05-04+03:00", True),
        ("2026-05-04Z", True),
        ("2026-05-04 +0100", True),
        ("04 May 26", True),
        ("04 May 26 GMT", True),
        ("2026-05-04T00:00+03:00", False),
        ("2026年5月4日", True),
        ("1777937400", False),
        ("", False),
        (None, False),
    ],
)
def test_a_date_without_an_hour_is_a_day(written, is_day):
    """As its publisher writes it, and as it is read."""
    at = parse_date_of_any_language(written, datetime(2026, 6, 1, tzinfo=UTC)).at
    assert is_day_alone(written, at) is is_day
