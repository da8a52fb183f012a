"""One poll of one feed: ask, compare, parse, and say when to come again.

1. Validators (ETag, Last-Modified) go to the URL that they came from and to no other,
   and once in PROBE_S not at all: some servers never change them. A body that did
   change under the same validators shows that, and they are not sent again.
2. A body that is the same as the last one, byte for byte, is not parsed.
3. A redirect to another host ends the request; the next one is that host's, in its turn
   (`redirects.py`).
4. A feed that fails is asked less and less often, never given up: how much each failure
   counts is Media Cloud's rule, how long it waits is in `intervals.py`. One that is
   gone (410) is asked once in GONE_S.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from samestory.days import DAY_S
from samestory.ingest.feeds.entry import ParsedFeed
from samestory.ingest.feeds.parse import parse_feed
from samestory.ingest.fetch.client import MAX_FEED_BYTES, Client, Fetched, Validators
from samestory.ingest.fetch.errors import (
    BotWall,
    Elsewhere,
    FetchFailed,
    FetchRefused,
    HostAway,
    asked_to_wait_s,
)
from samestory.ingest.fetch.headers import fresh_for_s
from samestory.ingest.fetch.sandbox import ParserFailed, Sandbox
from samestory.ingest.frontier.feed_table import Feed
from samestory.ingest.frontier.redirects import Redirect, moved_over
from samestory.ingest.polling.intervals import (
    GONE_S,
    Limits,
    after_skips,
    backoff_s,
    first_interval_s,
    next_interval_s,
    next_poll,
)
from samestory.ingest.text.dates import parse_date

NOT_MODIFIED: Final = 304
GONE: Final = 410
PROBE_S: Final = DAY_S  # a feed is asked without conditions so often, lest they lie
AWAY_SCORE: Final = 0.25  # no connection: often our own
SOFT_SCORE: Final = 0.5  # an error that comes and goes
HARD_SCORE: Final = 1.0
_WRONG: Final = re.compile(r"\d{1,9} left out[,:].*|damaged: .*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A feed's answer.

    Attributes:
        feed: as it was asked, with the answer's validators.
        parsed: None if nothing changed.
        least_s: for how long the answer says it is fresh.
        moved_to: where permanent redirects lead; None if there are none.
    """

    feed: Feed
    parsed: ParsedFeed | None
    least_s: float
    moved_to: str | None


def poll(
    feed: Feed,
    client: Client,
    sandbox: Sandbox,
    now: float,
    led: Redirect | None = None,
) -> Polled:
    """Ask a feed, and parse what it answers if that is new.

    Args:
        feed: what is known of it.
        client: fetches it.
        sandbox: parses it.
        now: the time.
        led: the redirect to another host whose turn it is; None at first.

    Raises:
        FetchFailed: later; FetchRefused, NotAFeed, ParserFailed: a person should look.
        Elsewhere: it redirects to another host, to be asked in that one's turn.
    """
    conditional = not feed.distrusted and now - feed.read_at < PROBE_S
    validators = Validators(
        url=feed.validated_url if conditional else "",
        etag=feed.etag,
        last_modified=feed.last_modified,
    )
    answer = _ask(client, feed.url, validators, led)
    fresh_s = fresh_for_s(answer.headers)
    least_s = fresh_s or 0.0
    asked = replace(feed, polls=feed.polls + 1)
    if answer.status == NOT_MODIFIED:
        if not validators.headers(answer.url):
            raise FetchFailed(f"{answer.url}: 304, though nothing was known of it")
        if fresh_s is None:  # then what was said before holds: RFC 9111 section 4.3.4
            least_s = feed.least_s
        kept = _with_validators(asked, answer, keep=True)
        return Polled(feed=kept, parsed=None, least_s=least_s, moved_to=answer.moved_to)
    digest = hashlib.sha256(answer.body).hexdigest()
    lied = _is_same_validator(feed, answer) and feed.body_digest not in {None, digest}
    kept = replace(
        _with_validators(asked, answer, keep=False),
        body_digest=digest,
        read_at=now,
        distrusted=feed.distrusted or lied,
    )
    parsed = None if digest == feed.body_digest else _parsed(answer, sandbox)
    return Polled(feed=kept, parsed=parsed, least_s=least_s, moved_to=answer.moved_to)


def _ask(
    client: Client, url: str, validators: Validators, led: Redirect | None
) -> Fetched:
    """Fetch a feed where it was led to; `moved_to` counts from its own URL on."""
    try:
        answer = client.get(
            led.url if led else url,
            max_bytes=MAX_FEED_BYTES,
            validators=validators,
            one_host=True,
        )
    except Elsewhere as to:
        raise Elsewhere(to.url, moved_over(led, to.moved_to)) from None
    return replace(answer, moved_to=moved_over(led, answer.moved_to))


def _parsed(answer: Fetched, sandbox: Sandbox) -> ParsedFeed:
    """Parse a body; what makes feedparser hang or die is read without it."""
    kind = answer.headers.get("content-type", "")
    try:
        parsed: ParsedFeed = sandbox.run(parse_feed, answer.body, answer.url, kind)
    except ParserFailed as error:
        try:
            parsed = sandbox.run(
                parse_feed, answer.body, answer.url, kind, careful=True
            )
        except Exception:  # noqa: BLE001  (the first failure says more)
            raise error from None
        if not parsed.entries:
            raise
        parsed = replace(parsed, note=str(error))
    return parsed


def _with_validators(feed: Feed, answer: Fetched, *, keep: bool) -> Feed:
    """Return the feed with an answer's validators; a 304 may leave one out."""
    etag = _sendable(answer.headers.get("etag"))
    modified = _sendable(answer.headers.get("last-modified"))
    return replace(
        feed,
        validated_url=answer.url,
        etag=etag or (feed.etag if keep else None),
        last_modified=modified or (feed.last_modified if keep else None),
    )


def _is_same_validator(feed: Feed, answer: Fetched) -> bool:
    if answer.url != feed.validated_url:
        return False
    named = (feed.etag, answer.headers.get("etag"))
    dated = (feed.last_modified, answer.headers.get("last-modified"))
    before, now = named if feed.etag else dated
    return before is not None and before == now


def _sendable(value: str | None) -> str | None:
    """Return a validator that can be sent back; None for one that can't."""
    return value if value and value.isascii() and value.isprintable() else None


def with_what_was_wrong(said: str, before: str) -> str:
    """Return what is said of a poll, with what was wrong with the document last read.

    It is told until another document is read.

    Args:
        said: of this poll.
        before: said of the one before.
    """
    found = _WRONG.search(before)
    return f"{said}; when it was read: {found[0]}" if found else said


def after_success(
    polled: Polled, *, new: int, now: float, limits: Limits, jitter: float
) -> Feed:
    """Return the feed after a poll that worked, with when it is due next.

    Args:
        polled: the answer.
        new: stories that it brought.
        now: the time.
        limits: of the interval.
        jitter: uniform in [-1, 1].
    """
    feed, parsed = polled.feed, polled.parsed
    interval_s = _interval_s(polled, new, now, limits)
    said = feed.said if parsed is None else parsed.said
    return replace(
        feed,
        polled_at=now,
        ok_at=now,
        failures=0,
        score=0.0,
        interval_s=interval_s,
        least_s=polled.least_s,
        skips=said.encode(),
        title=(parsed.title if parsed else "") or feed.title,
        entries=len(parsed.entries) if parsed else feed.entries,
        unchanged=feed.unchanged + (parsed is None),
        stories=feed.stories + new,
        due_at=next_poll(
            now,
            interval_s=interval_s,
            least_s=max(polled.least_s, said.least_s),
            said=said,
            jitter=jitter,
        ),
    )


def _interval_s(polled: Polled, new: int, now: float, limits: Limits) -> float:
    feed, parsed = polled.feed, polled.parsed
    if not feed.interval_s or feed.ok_at is None:
        moment = datetime.fromtimestamp(now, UTC)
        entries = parsed.entries if parsed else ()
        dates = [parse_date(entry.published_raw, moment).at for entry in entries]
        first = first_interval_s([date for date in dates if date], moment)
        return min(max(first, limits.shortest_s), limits.longest_s)
    return next_interval_s(
        interval_s=feed.interval_s,
        elapsed_s=now - feed.ok_at,
        new=new,
        of=len(parsed.entries) if parsed else feed.entries,
        limits=limits,
    )


def after_failure(
    feed: Feed, error: Exception, *, now: float, limits: Limits, jitter: float
) -> Feed:
    """Return the feed after a poll that failed: never dead, only asked less often.

    Args:
        feed: as it was before.
        error: what went wrong.
        now: the time.
        limits: of the interval.
        jitter: uniform in [-1, 1].
    """
    said = str(error)
    score = feed.score + _badness(error)
    wait_s = backoff_s(feed.interval_s or limits.shortest_s, score)
    if getattr(error, "status", 0) == GONE:
        said, wait_s = f"{said}, gone: asked once a week", max(wait_s, GONE_S)
    asked_s = asked_to_wait_s(error) or 0.0
    least_s = max(asked_s, feed.least_s, feed.said.least_s)
    wait_s = max(wait_s * (1 + 0.1 * jitter), least_s * (1 + 0.05 * abs(jitter)))
    said = said if feed.url in said else f"{feed.url}: {said}"
    return replace(
        feed,
        polls=feed.polls + 1,
        failures=feed.failures + 1,
        score=score,
        status=with_what_was_wrong(said, feed.status),
        polled_at=now,
        due_at=after_skips(now + wait_s, feed.said),
    )


def _badness(error: Exception) -> float:
    """Return how much a failure says that a feed is dead (Media Cloud's classes)."""
    if isinstance(error, HostAway):
        return AWAY_SCORE
    if isinstance(error, (FetchFailed, BotWall)):
        return SOFT_SCORE
    if isinstance(error, FetchRefused) and error.status == 404:  # noqa: PLR2004
        return SOFT_SCORE
    return HARD_SCORE
