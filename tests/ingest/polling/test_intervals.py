"""When feeds are polled and pages tried again."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from samestory.ingest.feeds.announced import NOTHING_SAID, Announced, announced
from samestory.ingest.fetch.headers import fresh_for_s
from samestory.ingest.polling.intervals import (
    Limits,
    after_skips,
    backoff_s,
    first_interval_s,
    next_interval_s,
    next_poll,
    page_retry_s,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday
LIMITS = Limits(shortest_s=600, longest_s=21_600)


def test_pages_are_tried_three_times_unless_asked_to_wait_long():
    """A Retry-After over a minute is a no for a page."""
    assert page_retry_s(1, None) == 5
    assert page_retry_s(2, None) == 30
    assert page_retry_s(3, None) is None
    assert page_retry_s(1, 20.0) == 20
    assert page_retry_s(1, 3600.0) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"cache-control": "max-age=900"}, 900),
        ({"cache-control": 'public, max-age="900"'}, 900),
        ({"cache-control": "private, MAX-AGE = 900, must-revalidate"}, 900),
        ({"cache-control": "no-cache, max-age=900"}, 0),
        ({"cache-control": "max-age=99999999999"}, 86_400),
        ({"cache-control": "max-age=-5"}, None),
        ({"cache-control": "immutable"}, None),
        (
            {
                "date": "Tue, 10 Mar 2020 12:00:00 GMT",
                "expires": "Tue, 10 Mar 2020 13:00:00 GMT",
            },
            3600,
        ),
        ({"expires": "Tue, 10 Mar 2040 12:00:00 GMT"}, None),
        ({"date": "Tue, 10 Mar 2020 12:00:00 GMT", "expires": "0"}, None),
        (
            {
                "cache-control": "max-age=60",
                "date": "Tue, 10 Mar 2020 12:00:00 GMT",
                "expires": "Tue, 10 Mar 2020 13:00:00 GMT",
            },
            60,
        ),
    ],
    ids=range(12),
)
def test_freshness_is_read_from_headers_by_the_servers_clock(headers, expected):
    """Expires counts from Date: a server whose clock is years off is no matter."""
    assert fresh_for_s(headers) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, NOTHING_SAID),
        ({"ttl": "60"}, Announced(least_s=3600)),
        ({"ttl": "soon"}, NOTHING_SAID),
        ({"ttl": ""}, NOTHING_SAID),
        ({"ttl": "6\x1c"}, Announced(least_s=360)),
        ({"ttl": "-60"}, NOTHING_SAID),
        ({"ttl": "99999999"}, Announced(least_s=86_400)),
        ({"period": "hourly", "frequency": "2"}, Announced(least_s=1800)),
        ({"period": "Hourly"}, Announced(least_s=3600)),
        ({"period": "always", "frequency": "1"}, NOTHING_SAID),
        ({"period": "daily", "frequency": "0"}, Announced(least_s=86_400)),
        ({"period": "hourly", "frequency": "0.1"}, Announced(least_s=36_000)),
        ({"hours": ["0", "1", "24", "x"]}, Announced(hours=(0, 1))),
        ({"hours": [str(n) for n in range(24)]}, NOTHING_SAID),
        ({"days": ["Saturday", "sunday", "Funday"]}, Announced(days=(5, 6))),
    ],
    ids=range(15),
)
def test_what_a_document_announces_is_read_and_nonsense_is_not(said, expected):
    """Typos, negative numbers and a week without a day count as not said."""
    assert announced(**said) == expected


def test_skipped_hours_and_days_are_waited_out():
    """Poll at 12:30 on a Tuesday, with 12 to 14 h and Wednesday left out."""
    at = (NOW + timedelta(minutes=30)).timestamp()
    hours = Announced(hours=(12, 13, 14))
    assert after_skips(at, hours) == (NOW + timedelta(hours=3)).timestamp()
    days = Announced(days=(1,))
    assert after_skips(at, days) == (NOW + timedelta(hours=12)).timestamp()
    assert after_skips(at, NOTHING_SAID) == at


def test_a_poll_is_never_before_what_is_announced():
    """Jitter of a tenth on our own interval, only upwards on the publisher's."""

    def due(jitter, least_s=0.0, interval_s=1000.0):
        return next_poll(
            0.0,
            interval_s=interval_s,
            least_s=least_s,
            said=NOTHING_SAID,
            jitter=jitter,
        )

    assert [due(j) for j in (-1, 0, 1)] == [900, 1000, 1100]
    assert [due(j, least_s=2000) for j in (-1, 0, 1)] == [2100, 2000, 2100]


def test_the_first_interval_is_the_rate_of_the_document():
    """48 stories in the last day: half an hour; old ones only: an hour."""
    busy = [NOW - timedelta(hours=n / 2) for n in range(1, 49)]
    assert first_interval_s(busy, NOW) == 1800
    assert first_interval_s([NOW - timedelta(days=30)], NOW) == 3600
    assert first_interval_s([], NOW) == 0  # unknown: as often as may be
    assert first_interval_s([NOW + timedelta(hours=1)], NOW) == 3600


def test_a_document_that_is_mostly_new_halves_the_interval_at_once():
    """Something between two polls may be lost."""

    def interval(new, of, before=3600.0, elapsed=3600.0):
        return next_interval_s(
            interval_s=before, elapsed_s=elapsed, new=new, of=of, limits=LIMITS
        )

    assert interval(20, 30) == 1800
    assert interval(0, 30) == 5400
    assert interval(2, 30) == 2700
    assert interval(30, 30, before=700) == 600
    assert interval(0, 30, before=20_000) == 21_600


@pytest.mark.parametrize("hours", [0.25, 1, 3])
def test_the_interval_settles_at_about_one_story_a_poll(hours):
    """A thousand stories at random times: 0.7 to 1.5 of them at each poll."""
    rng = random.Random(5)
    times, at = [], 0.0
    for _ in range(1000):
        at += rng.expovariate(1 / (hours * 3600))
        times.append(at)
    now, interval, polls, told = 0.0, 600.0, 0, 0
    while now < times[-1]:
        now += interval
        new = sum(1 for t in times[told : told + 50] if t <= now)
        interval = next_interval_s(
            interval_s=interval, elapsed_s=interval, new=new, of=50, limits=LIMITS
        )
        told, polls = told + new, polls + 1
    assert 0.7 < told / polls < 1.5


def test_failing_feeds_are_asked_less_often_but_never_given_up():
    """Linear in the score, at most a day; once a week when it looks long dead."""
    assert backoff_s(600, 0.25) == 600
    assert backoff_s(600, 3) == 1800
    assert backoff_s(21_600, 20) == 86_400
    assert backoff_s(600, 30) == 7 * 86_400


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (NOTHING_SAID, ""),
        (Announced(least_s=60.0, hours=(1, 2), days=(3,)), "60.0;1,2;3"),
        (Announced(hours=(23,)), "0.0;23;"),
    ],
)
def test_what_is_announced_is_kept_in_the_feeds_row(said, text):
    """As states of before hold it."""
    assert said.encode() == text
    assert Announced.decode(text) == said
