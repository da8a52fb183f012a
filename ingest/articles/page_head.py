"""What a page says of itself: headline, date, and which feeds are its site's own."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from lxml import etree

from samestory.cleaning import clean_line
from samestory.former_keys import spelled_key
from samestory.ingest.articles.structured_data import articles
from samestory.ingest.text.charset import decode
from samestory.ingest.text.markup import plain_text
from samestory.urls import absolute_url

MAX_HEAD: Final = 1_000_000  # characters that are read; headlines stand before it
MAX_TAGS: Final = 100_000  # real news pages have up to 4,110
MAX_FEEDS: Final = 200
_TITLES: Final = ("og:title", "twitter:title")
_DATES: Final = (
    *("article:published_time", "og:article:published_time", "datepublished"),
    *("dc.date.issued", "dc.date", "dcterms.created", "parsely-pub-date"),
    *("sailthru.date", "pubdate", "publishdate", "date"),
)
_FEEDS: Final = re.compile(
    r"(?:application|text)/(?:(?:rss|atom|rdf)\+xml|xml|feed\+json)"
)
_WORD: Final = re.compile(r"\w+")
_PUBLISHED: Final = "//*[@itemprop='datePublished' and (@datetime or @content)]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A page's own words about itself.

    Attributes:
        titles: what may be its headline, the surest first; a site's name may stand
            behind it.
        published_raw: when it was published, as it says; "" if it does not.
        feeds: keys of the feeds that its head names as its site's own.
    """

    titles: tuple[str, ...] = ()
    published_raw: str = ""
    feeds: frozenset[str] = frozenset()

    def linked(self, feeds: Collection[str]) -> str:
        """Return the key of one of these feeds that the page names; "" for none."""
        keys = (spelled_key(feed) for feed in feeds)
        return next((key for key in keys if key in self.feeds), "")

    def title_beside(self, stated: str) -> str:
        """Return the headline: what a feed tells, if it is one of the page's own."""
        words = plain_words(stated)
        agrees = any(words == plain_words(title) for title in self.titles)
        return stated if agrees else next(iter(self.titles), "")


def read_head(body: bytes, url: str, content_type: str) -> Head:
    """Read what a page says of itself; of what is no page, nothing.

    Args:
        body: of the page.
        url: where it came from at last.
        content_type: the header as sent.
    """
    if body.count(b"<") > MAX_TAGS:
        return Head()
    text = decode(body, content_type)[:MAX_HEAD]
    parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    try:
        tree = etree.fromstring(text.encode("utf-8", "ignore"), parser)
    except (etree.XMLSyntaxError, ValueError):
        tree = None
    if tree is None:
        return Head()
    said = _metadata(tree)
    data = list(articles(tree))
    candidates = (clean_line(one) for one in _titles(tree, said, data))
    site = plain_words(said.get("og:site_name", ""))
    titles = (title for title in candidates if title and plain_words(title) != site)
    return Head(
        titles=tuple(dict.fromkeys(titles)),
        published_raw=clean_line(_date(tree, said, data), 100),
        feeds=frozenset(_feeds(tree, url)),
    )


def plain_words(text: str) -> list[str]:
    """Return the words of a headline, to tell whether two are the same."""
    return _WORD.findall(text.casefold())


def _metadata(tree: etree._Element) -> dict[str, str]:
    said: dict[str, str] = {}
    for meta in tree.iter("meta"):
        names = (meta.get(name) for name in ("property", "name", "itemprop"))
        name = next((name for name in names if name), "").lower()
        said.setdefault(name, clean_line(meta.get("content") or ""))
    return said


def _titles(
    tree: etree._Element, said: dict[str, str], data: list[dict[str, Any]]
) -> Iterator[str]:
    """Yield what may be the headline, the surest first.

    Structured data count where nothing is surer: they name related reports, too.
    """
    heads = [_text(head) for head in islice(tree.iter("h1"), 2)]
    alone = heads if len(heads) == 1 else []  # of several, one is a section's
    sure = [one for one in (said.get(_TITLES[0], ""), *alone) if one]
    yield from sure
    if not sure:
        yield from (plain_text(str(one.get("headline") or "")) for one in data)
    yield said.get(_TITLES[1], "")
    yield from heads
    yield from (_text(title) for title in islice(tree.iterfind("head/title"), 1))


def _text(element: etree._Element) -> str:
    return " ".join(" ".join(islice(element.itertext(), 1_000)).split())


def _date(
    tree: etree._Element, said: dict[str, str], data: list[dict[str, Any]]
) -> str:
    """Return when the page was published, as it says; "" if it does not."""
    stated = [said.get(name, "") for name in _DATES]
    stated[1:1] = [str(one.get("datePublished") or "") for one in data]
    # One that stands elsewhere may be today's, or of another report.
    times = [*tree.xpath(_PUBLISHED), *islice(tree.xpath("//article//time"), 1)]
    stated += [time.get("datetime") or time.get("content") or "" for time in times]
    return next((one for one in stated if one), "")


def _feeds(tree: etree._Element, url: str) -> Iterator[str]:
    """Yield the keys of the feeds that the head names; what stands below is others'."""
    base = absolute_url(next(iter(tree.xpath("//head/base/@href")), ""), url) or url
    for link in islice(tree.iterfind("head/link"), MAX_FEEDS):
        kinds = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        target = absolute_url(link.get("href") or "", base)
        if target and {"alternate", "feed"} & set(kinds) and _FEEDS.fullmatch(kind):
            yield spelled_key(target)
