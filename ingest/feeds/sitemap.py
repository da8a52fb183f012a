"""News sitemaps -> entries.

https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from samestory.ingest.text.markup import mend_references

_BEGINS: Final = re.compile(r"<(?:[\w.-]{1,20}:)?(urlset|sitemapindex)[\s>]")
_HEAD: Final = 2_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapStory:
    """A URL of a news sitemap; "" where it says nothing."""

    link: str
    title: str
    published: str
    source: str
    lang: str


def sitemap_kind(text: str) -> str:
    """Return "urlset" or "sitemapindex", or "" if a document is no sitemap."""
    match = _BEGINS.search(text[:_HEAD])
    return match[1] if match else ""


def parse_sitemap(text: str) -> tuple[list[SitemapStory], int]:
    """Return the stories of a news sitemap, and the number of URLs that are none.

    Damaged XML gives what comes before the damage. Entities are not expanded.
    """
    stories, others = [], 0
    for url in _root(text).iterfind(".//{*}url"):
        news = url.find("{*}news")
        link = (url.findtext("{*}loc") or "").strip()
        if news is None or not link:
            others += 1
            continue
        stories.append(
            SitemapStory(
                link=link,
                title=news.findtext("{*}title") or "",
                published=news.findtext("{*}publication_date") or "",
                source=news.findtext("{*}publication/{*}name") or "",
                lang=news.findtext("{*}publication/{*}language") or "",
            )
        )
    return stories, others


def child_sitemaps(text: str) -> list[str]:
    """Return the URLs that a sitemap index lists."""
    places = _root(text).iterfind(".//{*}sitemap/{*}loc")
    return [place.text.strip() for place in places if place.text]


def _root(text: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    start = text[text.find("<") :] if "<" in text else ""
    start = re.sub(r"^<\?xml[^>]{0,200}\?>", "", start)
    body = mend_references(start.encode("utf-8", "ignore"))  # lxml takes &#xD800; badly
    try:
        root = etree.fromstring(body or b"<none/>", parser)
    except etree.XMLSyntaxError:  # nothing at all in it
        root = None
    return etree.Element("none") if root is None else root
