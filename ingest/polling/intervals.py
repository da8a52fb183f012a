"""When a feed is polled next, and a page tried again: pure functions.

A feed is asked about as often as it has news: the interval follows the stories that
each poll brought, begins at the rate that the dates of its first document tell, and is
never shorter than what the publisher announces. Sources: Media Cloud's rss-fetcher
(overlap), Miniflux (rate), lemon24/reader (hints relative to the server's clock).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from samestory.days import DAY_S
from samestory.ingest.feeds.announced import Announced
from samestory.ingest.fetch.host_gate import MAX_WAIT_S

PAGE_DELAYS_S: Final = (5.0, 30.0)  # after the first and the second failure
MAX_BACKOFF_S: Final = DAY_S  # a feed is never dead: asked at least once a day ...
LONG_DEAD: Final = 30.0  # ... until its failures count so much: then once a week
GONE_S: Final = 7 * DAY_S  # 410: parked, with a weekly probe
GROW: Final = 1.5  # of the interval after a poll that brought nothing (news-crawl)
SHARE_LOST: Final = 2 / 3  # of a document new: stories between polls may be lost
FIRST_LOOK_S: Final = 3_600.0  # until the second poll, whatever the dates say
RATE_WINDOW_S: Final = 7 * DAY_S  # of a document's dates, for its rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operator allows: seconds between two polls of a feed."""

    shortest_s: float = 600.0
    longest_s: float = 21_600.0


def first_interval_s(published: Sequence[datetime], now: datetime) -> float:
    """Return the seconds in which a feed brings one story, by its document's dates.

    The rate is that of the last week, or, where the document reaches less far back, of
    the time that it covers. At most FIRST_LOOK_S, since dates may be wrong; 0, as often
    as may be, if the document has none.
    """
    if not published:
        return 0.0
    recent = sorted(at for at in published if at <= now)
    recent = [at for at in recent if (now - at).total_seconds() <= RATE_WINDOW_S]
    if not recent:
        return FIRST_LOOK_S
    covered = (now - recent[0]).total_seconds()
    return min(max(covered, 1.0) / len(recent), FIRST_LOOK_S)


def next_interval_s(
    *, interval_s: float, elapsed_s: float, new: int, of: int, limits: Limits
) -> float:
    """Return a feed's interval after a poll that worked.

    It settles where about one story is new at each poll. Where most of the document is
    new, stories between two polls may be lost, and the interval is halved at once.

    Args:
        interval_s: the interval so far.
        elapsed_s: since the poll before.
        new: stories that the poll brought, 0 if nothing had changed.
        of: entries in the document.
        limits: in which the result is kept.
    """
    if new and new >= SHARE_LOST * of:
        wanted = min(interval_s, elapsed_s) / 2
    elif new:
        wanted = (interval_s + elapsed_s / new) / 2
    else:
        wanted = interval_s * GROW
    return min(max(wanted, limits.shortest_s), limits.longest_s)


def next_poll(
    now: float,
    *,
    interval_s: float,
    least_s: float,
    said: Announced,
    jitter: float,
) -> float:
    """Return when a feed is polled again, in seconds since the epoch.

    Args:
        now: the time.
        interval_s: the feed's own interval.
        least_s: what the publisher announces at the least, 0 for nothing.
        said: hours and days that are left out.
        jitter: uniform in [-1, 1]; spreads the polls by 10 %, but never before what
            was announced.
    """
    at = now + max(interval_s * (1 + 0.1 * jitter), least_s * (1 + 0.05 * abs(jitter)))
    return after_skips(at, said)


def after_skips(at: float, said: Announced) -> float:
    """Return the first moment from `at` on that skipHours and skipDays allow."""
    moment = datetime.fromtimestamp(at, UTC)
    for _ in range(8 * 24):
        if moment.hour not in said.hours and moment.weekday() not in said.days:
            return max(at, moment.timestamp())
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def backoff_s(interval_s: float, score: float) -> float:
    """Return the seconds until a failing feed is asked again: linear in its score.

    Media Cloud's rule: intervals are hours already, and many feeds come back from what
    looked like death.
    """
    if score >= LONG_DEAD:
        return GONE_S
    return min(interval_s * max(1.0, score), max(MAX_BACKOFF_S, interval_s))


def page_retry_s(tries: int, retry_after_s: float | None) -> float | None:
    """Return the seconds until a failed page is tried again; None: give up.

    Args:
        tries: how many were made, at least 1.
        retry_after_s: what the server asked for; over a minute counts as a no.
    """
    if tries > len(PAGE_DELAYS_S) or (retry_after_s or 0.0) > MAX_WAIT_S:
        return None
    return max(PAGE_DELAYS_S[tries - 1], retry_after_s or 0.0)
