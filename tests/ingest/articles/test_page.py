"""Pages become text, or the feed's text with the reason."""

import json
import os
import signal
import time
import warnings
from datetime import UTC, datetime

import pytest

from samestory.days import is_day_alone
from samestory.errors import Retry
from samestory.ingest.articles.page import (
    Page,
    Stated,
    choose_text,
    extract_text,
    is_full_text,
)
from samestory.ingest.fetch.sandbox import ParserFailed, Sandbox
from tests.conftest import NOW

BODY = "The delegation left the customs house in Port Callan at noon. " * 12
PAGE = (
    "<html><body><nav><a href=/>Home</a></nav><article><h1>Talks</h1><p>"
    f"{BODY}</p><p>A second paragraph says who paid for lunch."
    "</p></article><footer>All rights reserved</footer></body></html>"
).encode()


def choose(page, feed_text="A short summary of the talks in Port Callan."):
    stated = Stated(
        title="Talks",
        text=feed_text,
        lang="en",
        author="",
        published_raw=None,
        now=NOW.timestamp(),
    )
    return choose_text(Page(body=page, url="https://a.org/1"), stated)


def test_the_article_is_found_and_the_rest_left_out():
    """Text from the page, in its language, without navigation."""
    found = choose(PAGE)
    assert found.text_from == "page"
    assert "who paid for lunch" in found.text
    assert "rights reserved" not in found.text
    assert (found.lang, found.flags) == ("en", ())


@pytest.mark.parametrize(
    ("page", "flag"),
    [
        (b"", "page-empty"),
        (b"%PDF-1.7", "page-empty"),
        (
            (
                b"<html><body><p>You need to enable JavaScript to read this page, which"
                b" shows you the news of the day in words.</p></body></html>"
            ),
            "page-",
        ),
        (b"<html><body><p>Gone fishing.</p></body></html>", "page-"),
    ],
)
def test_a_page_without_text_gives_the_feed_text_and_says_so(page, flag):
    """Consent walls and stubs never become a story's text."""
    found = choose(page, "A summary. " * 5)
    assert found.text_from == "feed"
    assert found.text == "A summary. " * 5
    assert found.flags[0].startswith(flag)


def test_without_any_text_it_says_no_text():
    """A title alone is still a story, flagged."""
    assert choose(b"", "").flags == ("page-empty", "no-text")


@pytest.mark.parametrize(
    ("head", "above", "expected"),
    [
        ("<meta content=2026-03-09T08:30:00Z property=article:published_time>", "", 9),
        ("<meta name=DC.date.issued content=2026-03-08>", "", 8),
        ("<meta name=parsely-pub-date content='2026-03-07T08:30:00Z'>", "", 7),
        ("", "<time itemprop=datePublished datetime=2026-03-06T08:30:00Z>", 6),
        ("", "<meta itemprop=datePublished content=2026-03-05T08:30:00Z>", 5),
        ("", "<p>Today is <time datetime=2026-03-10T08:30:00Z></p>", None),
        ("<meta content=yesterday property=article:published_time>", "", None),
    ],
)
def test_a_date_that_the_feed_lacks_is_the_pages(head, above, expected):
    """However its metadata are written; a date beside the article is not its own."""
    page = PAGE.replace(b"<body>", f"<head>{head}</head><body>{above}".encode())
    found = choose(page).published.at
    assert (found and found.day) == expected


def test_references_that_xml_forbids_do_not_empty_a_page():
    """`&#8;` makes trafilatura return nothing unless it is removed first."""
    page = Page(body=PAGE.replace(b"second", b"sec&#8;ond"), url="http://a")
    assert "who paid" in extract_text(page)


def test_a_feed_text_counts_as_the_article_only_if_it_is_long_and_whole():
    """Teasers that end in an ellipsis are fetched."""
    assert is_full_text(f"<p>{BODY}</p><p>{BODY}</p>")
    assert not is_full_text(f"<p>{BODY}</p><p>{BODY} …</p>")
    assert not is_full_text("<p>Short.</p>")
    assert is_full_text(f"<p>{'磋商下周举行。' * 50}</p>")  # 1,050 Latin letters' worth


def test_a_pool_whose_idle_worker_was_killed_is_replaced():
    """The memory killer takes a process: the next page is read by a new pool."""
    with Sandbox(1, timeout_s=10.0) as pool:
        process = pool.run(os.getpid)
        os.kill(process, signal.SIGKILL)
        end = time.monotonic() + 60
        while True:
            try:
                assert pool.run(os.getpid) != process
                break
            except Retry:
                assert time.monotonic() < end


def test_what_a_publisher_wrote_does_not_fill_our_log(capfd):
    """dateutil warns of each unknown zone of a feed."""
    with Sandbox(1, timeout_s=10.0) as pool:
        pool.run(warnings.warn, "tzname HCET identified but not understood")
    assert "HCET" not in capfd.readouterr().err


def test_a_parser_that_hangs_dies_or_raises_is_named_and_replaced(sandbox):
    """The next page is served by a fresh process."""
    with pytest.raises(ParserFailed, match="raise_signal ended with -11"):
        sandbox.run(signal.raise_signal, signal.SIGSEGV)
    with pytest.raises(Retry, match="its process was killed"):
        sandbox.run(signal.raise_signal, signal.SIGKILL)
    with pytest.raises(ParserFailed, match=r"loads failed: JSONDecodeError"):
        sandbox.run(json.loads, "{")
    assert "who paid" in sandbox.run(extract_text, Page(body=PAGE, url="http://a"))
    sandbox._timeout_s = 1.0
    with pytest.raises(ParserFailed, match="hung for 1 s"):
        sandbox.run(time.sleep, 60)
    sandbox._timeout_s = 10.0


@pytest.mark.parametrize(
    ("feed", "page", "published"),
    [
        ("2026-03-04", "2026-03-04T10:30:00+02:00", "2026-03-04T08:30"),
        ("2026-03-04", "2026-03-03T22:30:00Z", "2026-03-03T22:30"),  # in the east
        ("2026-03-04", "2026-03-06T10:30:00Z", "2026-03-04T00:00"),  # changed since
        ("2026-03-04", "2026-03-03T09:30:00-05:00", "2026-03-04T00:00"),  # before it
        ("2026-03-04", "2026-03-03T22:30:00-05:00", "2026-03-04T03:30"),  # of it in UTC
        ("2026-03-04", "2026-03-04", "2026-03-04T00:00"),
        ("2026-03-04", "2026-03-04T00:00:00+01:00", "2026-03-04T00:00"),
        ("2026-03-04", "2026-03-04 +0100", "2026-03-04T00:00"),
        ("2026-03-04T07:00:00Z", "2026-03-04T10:30:00Z", "2026-03-04T07:00"),
        ("", "2026-03-04", "2026-03-04T00:00"),
    ],
)
def test_the_hour_of_a_day_is_that_of_the_page(feed, page, published):
    """Of that day alone; of a feed's hour the feed is believed."""
    stated = Stated(
        title="Talks",
        text="A short summary.",
        lang="en",
        author="",
        published_raw=feed or None,
        now=datetime(2026, 3, 7, tzinfo=UTC).timestamp(),
    )
    head = f'<head><meta property="article:published_time" content="{page}"></head>'
    body = PAGE.replace(b"<html>", f"<html>{head}".encode())
    found = choose_text(Page(body=body, url="https://a.org/1"), stated)
    assert found.published.at.isoformat()[:16] == published
    is_day = is_day_alone(found.published_raw, found.published.at)
    assert is_day is published.endswith("00:00")
