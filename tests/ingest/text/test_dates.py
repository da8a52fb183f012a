"""Dates as publishers write them."""

from datetime import UTC, datetime

import pytest

from samestory.ingest.text.dates import UNKNOWN, parse_date, parse_date_of_any_language
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("raw", "expected", "quality"),
    [
        ("2026-03-04T10:00:00Z", (2026, 3, 4, 10), "exact"),
        ("2026-03-04T10:00:00+05:30", (2026, 3, 4, 4, 30), "exact"),
        ("2026-03-04T10:00:00", (2026, 3, 4, 10), "zone-guessed"),
        ("2026-03-04", (2026, 3, 4), "zone-guessed"),
        ("Wed, 04 Mar 2026", (2026, 3, 4), "zone-guessed"),
        ("Wed, 04 Mar 2026 01:00:00 +02:00", (2026, 3, 3, 23), "exact"),
        ("25-02-2026 19:00 +0400", (2026, 2, 25, 15), "exact"),
        ("02/25/2026", (2026, 2, 25), "zone-guessed"),
        ("2026/03/04 9:05", (2026, 3, 4, 9, 5), "zone-guessed"),
        ("03.03.2026 10:00 UTC", (2026, 3, 3, 10), "exact"),
        ("11/20/2025 -0500", (2025, 11, 20), "zone-guessed"),
        ("Wed, 4 Mar 0026 10:00:00 GMT", (2026, 3, 4, 10), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 GMT", (2026, 3, 4, 10), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 +0200", (2026, 3, 4, 8), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 EST", (2026, 3, 4, 15), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 CET", (2026, 3, 4, 9), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 MSK", (2026, 3, 4, 7), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 IST", (2026, 3, 4, 4, 30), "exact"),
        ("04 Mar 2026 10:00:00", (2026, 3, 4, 10), "zone-guessed"),
        ("1772618400", (2026, 3, 4, 10), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 +0200 (IST)", (2026, 3, 4, 8), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 GMT+0200", (2026, 3, 4, 8), "exact"),
        ("Wed, 04 Mar 2026 10:00:00 UTC-3", (2026, 3, 4, 13), "exact"),
        ("1772618400123", (2026, 3, 4, 10), "exact"),
        ("Wed, 04 Mar 2026 07:09 PM EST", (2026, 3, 5, 0, 9), "exact"),
        ("Wed, 04 Mar 2026 12:30 a.m. GMT", (2026, 3, 4, 0, 30), "exact"),
        ("Wed, 04 Mar 2026 24:00:00 GMT", (2026, 3, 4, 23, 59, 59), "exact"),
    ],
)
def test_a_readable_date_becomes_utc_with_its_quality(raw, expected, quality):
    """Named zones that feedparser reads as UTC are read as what they are."""
    found = parse_date(raw, NOW)
    assert found.at == datetime(*expected, tzinfo=UTC)
    assert found.quality == quality


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "yesterday",
        "03-04-2026 10:00",
        "31/31/2026",
        "25-02-26",
        "0000-00-00T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2999-01-01T00:00:00Z",
        "99999999999999999999",
        "Wed, 04 Mar 2026 99:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +0000",  # .NET for none; Python reads 2001
        "01 Jan 0001",
        "mer., 04 févr. 2026",
    ],
)
def test_a_date_that_cannot_be_read_or_true_is_unknown(raw):
    """Never a guess of "now", never an exception."""
    assert parse_date(raw, NOW) == UNKNOWN


@pytest.mark.parametrize(
    ("raw", "expected", "quality"),
    [
        ("mer., 04 mars 2026 10:00:00 +0100", (2026, 3, 4, 9), "exact"),
        ("Среда, 4 марта 2026 г. 10:00", (2026, 3, 4, 10), "zone-guessed"),
        ("4 de marzo de 2026", (2026, 3, 4), "zone-guessed"),
        ("Mittwoch, 4. März 2026 - 10:00", (2026, 3, 4, 10), "zone-guessed"),
        ("2026年3月4日 10:00", (2026, 3, 4, 10), "zone-guessed"),
        ("4 Mart 2026 10:00", (2026, 3, 4, 10), "zone-guessed"),
        ("Wed, 04 Mar 2026 10:00:00 CET", (2026, 3, 4, 9), "exact"),
    ],
)
def test_months_of_other_languages_are_read(raw, expected, quality):
    """A zone that is written counts; else UTC is guessed, and said."""
    found = parse_date_of_any_language(raw, NOW)
    assert (found.at, found.quality) == (datetime(*expected, tzinfo=UTC), quality)


@pytest.mark.parametrize(
    "raw",
    [
        "yesterday",
        "3 hours ago",
        "05/02/2026",
        "03/04/2026 14:00 CET",
        "March",
        "4 mars 2999",
        "x1" * 50,
    ],
)
def test_what_is_relative_or_ambiguous_is_no_date_in_any_language(raw):
    """First seen is better than a guess."""
    assert parse_date_of_any_language(raw, NOW) == UNKNOWN
