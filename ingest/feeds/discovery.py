"""The feeds of a site: what its page links to, else where sites usually keep them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from samestory.cleaning import clean_line
from samestory.ingest.text.charset import decode
from samestory.urls import absolute_url, origin_of

MAX_PAGE: Final = 500_000  # characters; the links are in the head
MAX_HEADER: Final = 8_000  # characters of a Link header
MAX_FEEDS: Final = 20
_TYPES: Final = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
    }
)
# Where newsrooms' systems (WordPress, Drupal, Ghost, Hugo, ...) keep their feeds.
USUAL_PATHS: Final = (
    "/feed",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
)
# Of a Link header (RFC 8288): an address, and what is said of it.
_LINK: Final = re.compile(r"<([^<>]{1,2000})>([^<>]{0,500})")
_SAID: Final = re.compile(
    r';\s*(rel|type|title)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE
)
_COMMENTS: Final = re.compile(r"comment|kommentar|commentaire|replies", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that a page links to; `title` is "" where the link has none."""

    url: str
    title: str


def linked_feeds(
    body: bytes, url: str, content_type: str = "", header: str = ""
) -> list[FoundFeed]:
    """Return the feeds that a page names, those of comments last.

    Args:
        body: of the page.
        url: where it came from; relative links are resolved against it.
        content_type: the header as sent.
        header: the header `Link` as sent; its feeds come before those of the head.
    """
    text = decode(body, content_type)[:MAX_PAGE]
    parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    try:
        tree = etree.fromstring(text.encode("utf-8", "ignore"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    if tree is None:
        return []
    base = absolute_url(next(iter(tree.xpath("//base/@href")), ""), url) or url
    feeds: dict[str, FoundFeed] = {}
    named = [*_of_header(header, url), *((link, base) for link in tree.iter("link"))]
    for link, beside in named:
        target = absolute_url(link.get("href") or "", beside)
        if target and _is_feed(link):
            feeds.setdefault(
                target, FoundFeed(url=target, title=clean_line(link.get("title") or ""))
            )
    ordered = sorted(
        feeds.values(), key=lambda f: bool(_COMMENTS.search(f.url + f.title))
    )
    return ordered[:MAX_FEEDS]


def _of_header(header: str, url: str) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield the links of a Link header as those of a page, and their base."""
    for target, said in _LINK.findall(header[:MAX_HEADER]):
        about = {name.lower(): a or b for name, a, b in _SAID.findall(said)}
        yield about | {"href": target}, url


def _is_feed(link: etree._Element | Mapping[str, str]) -> bool:
    kinds = set((link.get("rel") or "").lower().split())
    kind = (link.get("type") or "").split(";")[0].strip().lower()
    return bool({"alternate", "feed"} & kinds) and kind in _TYPES


def usual_places(url: str) -> list[str]:
    """Return where a site without links to its feeds may keep them."""
    return [origin_of(url) + path for path in USUAL_PATHS]
