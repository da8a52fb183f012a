"""Feeds that write days as midnights."""

import pytest

from samestory.ingest.feeds.parse import parse_feed
from samestory.ingest.text.dates import without_midnight


def days(*dates):
    """Return which of the dates of a feed's entries are days alone."""
    items = "".join(
        f"<item><title>Story {n}</title><link>/{n}</link>"
        + (f"<pubDate>{date}</pubDate>" if date else "")
        + "</item>"
        for n, date in enumerate(dates)
    )
    body = f"<rss version='2.0'><channel><title>N</title>{items}</channel></rss>"
    found = parse_feed(body.encode(), "https://a.org/feed", "")
    return [entry.is_day for entry in sorted(found.entries, key=lambda it: it.title)]


def test_midnights_are_days_where_most_dates_of_a_feed_are():
    """The one with an hour has it; what has no date counts for neither."""
    midnight, noon = "Wed, 04 Mar 2026 00:00:00 GMT", "Wed, 04 Mar 2026 12:00:00 GMT"
    assert days(midnight, midnight, midnight) == [True, True, True]
    assert days(midnight, noon, midnight, "") == [True, False, True, False]
    assert days(midnight, noon, midnight, noon) == [False] * 4
    assert days(midnight, midnight) == [False] * 2
    assert days(midnight, "", midnight) == [False] * 3


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Wed, 04 Mar 2026 00:00:00 GMT", "Wed, 04 Mar 2026"),
        ("Wed, 04 Mar 2026 00:00 +0530", "Wed, 04 Mar 2026"),
        ("Wed, 04 Mar 2026 00:00:00 +0000 (UTC)", "Wed, 04 Mar 2026"),
        ("2026-03-04T00:00:00.000+02:00", "2026-03-04"),
        ("2026-03-04T00:00Z", "2026-03-04"),
        ("2026-03-04 00:00:00", "2026-03-04"),
        ("3/13/2026 12:00:00 AM", "3/13/2026"),
        ("Wed, 04 Mar 2026, 00:00", "Wed, 04 Mar 2026"),
        ("March 4, 2026, 12:00 am", "March 4, 2026"),
        ("20260304T000000Z", "20260304"),
        ("2026-03-04T10:00:00+00:00", "2026-03-04T10:00:00+00:00"),
        ("2026-03-04T00:00:01Z", "2026-03-04T00:00:01Z"),
        ("2026-03-04T12:00:00Z", "2026-03-04T12:00:00Z"),
        ("2026-03-04", "2026-03-04"),
    ],
)
def test_midnight_is_taken_off_a_date_with_its_zone(written, day):
    """However it is written; an offset is no hour."""
    assert without_midnight(written) == day
