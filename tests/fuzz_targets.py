"""What is fuzzed: parsers, the inputs that mutation begins with, what must hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from samestory.credits import credits_of
from samestory.index.copies.comparison import compare_texts
from samestory.index.copies.house_lines import house_lines
from samestory.index.copies.kept import Pair
from samestory.index.copies.pairs import Text, pair_of
from samestory.index.copies.prints import prints_of
from samestory.index.copies.reading import read
from samestory.ingest.articles.outlets import FeedVoice, attributed
from samestory.ingest.articles.page import Page, Stated, choose_text, without_page
from samestory.ingest.articles.quality import complaint, tidy, without_offer
from samestory.ingest.articles.titles import clean_title
from samestory.ingest.articles.versions import LastVersion, changes_since
from samestory.ingest.feeds.announced import announced
from samestory.ingest.feeds.discovery import linked_feeds
from samestory.ingest.feeds.opml import parse_feedlist, to_opml
from samestory.ingest.feeds.parse import parse_feed
from samestory.ingest.feeds.sitemap import child_sitemaps, parse_sitemap
from samestory.ingest.fetch.headers import fresh_for_s, retry_after_s
from samestory.ingest.fetch.robots import crawl_delay_s, is_allowed
from samestory.ingest.polling.shards import Shard
from samestory.ingest.text.bot_walls import wall_of
from samestory.ingest.text.charset import decode
from samestory.ingest.text.dates import parse_date, parse_date_of_any_language
from samestory.ingest.text.markup import mend_references, plain_text
from samestory.publishers import outlet_named
from samestory.story import Story, story_id_from
from samestory.story_keys import exact_key, ids_at, url_key, url_keys
from samestory.urls import absolute_url, host_of, origin_of
from tests.conftest import make_story
from tests.hostile import feeds, pages
from tests.messages import through_everything

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SLOW_S = 5.0
MAX_INPUT = 20_000  # bytes


@dataclass(frozen=True)
class Target:
    """A parser, the inputs that mutation begins with, and what holds of its result.

    `inputs` is how many of them `make test` tries, `slow_s` how long one may take.
    """

    parse: Callable[[bytes], object]
    seeds: list[bytes]
    inputs: int = 150
    slow_s: float = SLOW_S


def _text(function: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda body: function(body.decode("utf-8", "surrogateescape"))


def _url(text: str) -> None:
    for found in (absolute_url(text, "https://a.org/x/"), absolute_url(text, "")):
        if found is not None:
            assert url_key(found) == url_key(url_key.__wrapped__(found) and found)
            assert host_of(found)
            assert origin_of(found).startswith("http")
            feed = FeedVoice(url=found)
            assert feed.name
            assert not attributed(feed=feed, url=None).hearsay_of
            attributed(feed=FeedVoice(url="https://a.org/"), url=found)


def _headers(text: str) -> None:
    named = ("retry-after", "date", "cache-control", "expires")
    row = dict(zip(named, text.split("\n"), strict=False))
    assert 0 <= (retry_after_s(row) or 0) <= 86_400
    assert 0 <= (fresh_for_s(row) or 0) <= 86_400


def _announced(text: str) -> None:
    said = announced(
        ttl=text, period=text, frequency=text, hours=text.split(), days=text.split()
    )
    assert 0 <= said.least_s <= 86_400
    assert len(said.hours) < 24


def _plain(text: str) -> None:
    found = plain_text(text)
    assert "\0" not in found
    found.encode()


def _feed(body: bytes) -> None:
    for entry in parse_feed(body, "https://a.org/f", "").entries:
        json.dumps(entry.title + entry.summary).encode()
        assert len(entry.title) <= 500
        assert entry.link is None or entry.link.startswith("http")


def _page(body: bytes) -> None:
    stated = Stated(
        title="Envoys leave",
        text=body[:300].decode("latin-1"),
        lang=None,
        author=body[:50].decode("latin-1"),
        published_raw=body[:60].decode("latin-1"),
        now=NOW.timestamp(),
        voice=FeedVoice(url="https://b.org/f") if len(body) % 2 else None,
        feeds=("https://a.org/f",),
    )
    found = choose_text(Page(body=body, url="https://a.org/1"), stated)
    assert len(found.text) <= 200_000
    assert len(found.title) <= 500
    without_page(stated, "x")


def _keys(text: str) -> None:
    found = absolute_url(text, "https://a.org/x/")
    if found is not None:
        keys = url_keys(found)
        assert keys[-1] == url_key(found) == url_key.__wrapped__(found)
        assert exact_key(found)
        assert set(ids_at(found)) == set(map(story_id_from, keys))


def _pages(body: bytes) -> None:
    """Of a report on two pages, each half a page of it."""
    half = len(body) // 2
    following = [Page(body=body[half:], url="https://a.org/1?page=2")]
    stated = Stated(
        title="Envoys leave",
        text="",
        lang=None,
        author="",
        published_raw=None,
        now=NOW.timestamp(),
    )
    first = Page(body=body[:half], url="https://a.org/1")
    found = choose_text(first, stated, following)
    assert len(found.text) <= 200_000
    assert found.next_url == "" or found.next_url.startswith("http")


def _copies(text: str) -> None:
    """Two texts, each half a text, and as a story each."""
    half = len(text) // 2
    texts = [text[:half], text[half:], text]
    a, b, _ = (read(one) for one in texts)
    shared = compare_texts(a, b)
    assert 0 <= shared.a.contained <= 1
    assert shared.a.copied == compare_texts(b, a).b.copied
    clean = [one.encode("utf-8", "ignore").decode() or "x" for one in texts]
    read_ones = [
        Text.of(
            make_story(story_id=f"s-{n:016x}", outlet=f"{n}.org", text=one),
            house_lines(make_story(text=one)).values(),
        )
        for n, one in enumerate(clean)
    ]
    for one, other in pairwise(read_ones):
        assert all(-(2**31) <= number < 2**31 for number in prints_of(one.reading))
        pair = pair_of(one, other)
        if pair is not None:
            assert Pair.decode(pair.encode()) == pair == pair.turned().turned()
            assert pair_of(other, one) == pair.turned()


def _title(text: str) -> None:
    found = clean_title(text, "BBC", feed_title=text[:30], url="https://a.org/")
    assert len(found) <= len(text)


def _quality(text: str) -> None:
    complaint(tidy(text), title=text[:60], feed_text=text[-200:], whole=len(text))


def _version(text: str) -> None:
    half = len(text) // 2
    clean = text.encode("utf-8", "ignore").decode() or "x"
    last = LastVersion.of(make_story(title="T", text=clean[:half] or "x"))
    assert len(changes_since(last, "U", clean[half:])) <= 12


def _opml(body: bytes) -> None:
    refs = parse_feedlist(body, "list").feeds
    again = parse_feedlist(to_opml(list(refs)), "list").feeds
    assert {r.url for r in again} == {r.url for r in refs}


FEED_SEEDS = [
    feed.answer[2][:MAX_INPUT]
    for feed in feeds.FEEDS.values()
    if isinstance(feed.answer, tuple) and len(feed.answer[2]) < MAX_INPUT
]
PAGE_SEEDS = [
    page.answer[2]
    for page in pages.PAGES.values()
    if isinstance(page.answer, tuple) and 0 < len(page.answer[2]) < MAX_INPUT
]
WORDS = [
    b"Blinken warns NATO - BBC News",
    b"By Jane Doe\nKYIV (AP) \xe2\x80\x94 He said.",
]
DATES = [
    b"Wed, 04 Mar 2026 10:00:00 CET",
    b"2026-03-04T10:00:00+05:30",
    "mer., 04 févr. 2026".encode(),
    b"1772618400",
    b"03/04/2026 2 pm (IST)",
]
LD = (
    b"<script type=application/ld+json>"
    b'{"@graph":[{"@type":["NewsArticle"],"headline":"Envoys leave","articleBody":'
    b'"&lt;p&gt;The envoys left at noon.&lt;/p&gt;","isAccessibleForFree":"False",'
    b'"hasPart":[{"isAccessibleForFree":false}]}]}</script>'
)
LINE = b"The envoys of both countries left the customs house in Port Callan at noon."
BUILT = [
    b"<html><head><title>Envoys leave</title>"
    + LD
    + b"<link rel=canonical href=/1><base href=/x/></head><body>"
    + b"<article><h1>Envoys leave</h1><aside><div class=b><p>"
    + b"</p></div><div class=b><p>".join([LINE] * 6)
    + b"</p></div></aside></article><article><h1>Bread</h1><p>"
    + LINE * 4
    + b"</p></article><a href='?page=2'>2</a><a rel=next href='/1/2'>next</a>"
    + b"<span>"
    + b"</span><span>".join([LINE] * 5)
    + b"</span></body></html>"
]
OFFERS = [
    LINE + b"\nContinue reading with Post Plus for 9.99 EUR a month, cancel anytime",
    "Il vous reste 72 % de cet article. R\u00e9serv\u00e9 aux abonn\u00e9s.".encode(),
]
URLS = [
    b"https://m.a.org/amp/x/index.html?uid=41&ref=rss&session=0f0f#!/news/41",
    b"https://a.org/x;jsessionid=1A?%EF=%F0&p=2#:~:text=x",
    b"https://www.a.org:443/x/?utm_source=y&id=1#z",
    b"//b.org/2",
    b"http://[::1]:80/x?url=https://c.org/",
    b"javascript:alert(1)",
]
TARGETS: dict[str, Target] = {
    "feed": Target(_feed, FEED_SEEDS),
    "feed, careful": Target(
        lambda b: parse_feed(b, "https://a.org/f", "", careful=True), FEED_SEEDS
    ),
    "charset": Target(
        lambda b: decode(b, b[:40].decode("latin-1")).encode("utf-8", "replace"),
        FEED_SEEDS + PAGE_SEEDS,
    ),
    "sitemap": Target(
        _text(lambda t: (parse_sitemap(t), child_sitemaps(t))), FEED_SEEDS
    ),
    "date": Target(_text(lambda t: parse_date(t[:100], NOW)), DATES),
    "date of any language": Target(
        _text(lambda t: parse_date_of_any_language(t[:100], NOW)),
        DATES,
        inputs=30,  # a tenth of a second each: all languages are tried
    ),
    "url": Target(_text(_url), URLS),
    "story key": Target(_text(_keys), URLS),
    "report on pages": Target(_pages, PAGE_SEEDS + BUILT),
    "offers": Target(_text(lambda t: without_offer(t, is_paid=len(t) % 2)), OFFERS),
    "headers": Target(
        _text(_headers), [b"120\nTue, 10 Mar 2020 12:00:00 GMT\nmax-age=9"]
    ),
    "announcement": Target(_text(_announced), [b"60", b"hourly", b"0 1 24", b"Sunday"]),
    "markup": Target(_text(_plain), PAGE_SEEDS + WORDS),
    "references": Target(mend_references, PAGE_SEEDS),
    "list of feeds": Target(
        _opml,
        [
            b"<opml><body><outline text='g'><outline xmlUrl='http://a.org/'/></outline></body></opml>",
            b"https://a.org/f\n# x\nhttps://b.org/f",
        ],
    ),
    "discovery": Target(
        lambda b: linked_feeds(b, "https://a.org/"),
        [*PAGE_SEEDS, b"<link rel=alternate type=application/rss+xml href=/f title=x>"],
    ),
    "wall": Target(lambda b: wall_of({}, b), PAGE_SEEDS),
    "robots": Target(
        lambda b: (is_allowed(b, "https://a.org/x", "t"), crawl_delay_s(b, "t")),
        [b"User-agent: *\nDisallow: /a*b$\nCrawl-delay: 9\nSitemap: x"],
    ),
    "credits": Target(_text(lambda t: credits_of(t, t[:80])), WORDS),
    "title": Target(_text(_title), WORDS),
    "source": Target(
        _text(
            lambda t: attributed(
                feed=FeedVoice(url="https://news.google.com/", title=t),
                url=None,
                source=outlet_named(t),
                source_url=t,
            )
        ),
        WORDS + URLS,
    ),
    "copies": Target(_text(_copies), WORDS + PAGE_SEEDS, inputs=60),
    "quality": Target(_text(_quality), WORDS + PAGE_SEEDS),
    "version": Target(_text(_version), WORDS),
    "page": Target(_page, PAGE_SEEDS + BUILT),
    "shard": Target(_text(Shard.parse), [b"1/3", b"2/2"]),
    "story": Target(Story.decode, [make_story().encode()]),
    "messages": Target(through_everything, [b"a seed"], inputs=5, slow_s=60.0),
}
