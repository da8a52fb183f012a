"""The feeds of a site: what its page links to, else where sites usually keep them."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

from ingest.charset import decode
from ingest.urls import absolute_url, origin_of

MAX_PAGE: Final = 500_000  # characters; the links are in the head
MAX_FEEDS: Final = 20
_TYPES: Final = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
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
_COMMENTS: Final = re.compile(r"comment|kommentar|commentaire|replies", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that a page links to; `title` is "" where the link has none."""

    url: str
    title: str


def linked_feeds(body: bytes, url: str, content_type: str = "") -> list[FoundFeed]:
    """Return the feeds that a page names in its head, those of comments last.

    Args:
        body: of the page.
        url: where it came from; relative links are resolved against it.
        content_type: the header as sent.
    """
    finder = _LinkFinder(url)
    finder.feed(decode(body, content_type)[:MAX_PAGE])
    found = list({feed.url: feed for feed in finder.found}.values())[:MAX_FEEDS]
    return sorted(found, key=lambda f: bool(_COMMENTS.search(f.url + f.title)))


def usual_places(url: str) -> list[str]:
    """Return where a site without links to its feeds may keep them."""
    return [origin_of(url) + path for path in USUAL_PATHS]


class _LinkFinder(HTMLParser):
    """Collects <link rel="alternate" type="application/...">; minds <base>."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._base = url
        self.found: list[FoundFeed] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        row = {name: value or "" for name, value in attrs}
        if tag == "base" and row.get("href"):
            self._base = absolute_url(row["href"], self._base) or self._base
        kinds = row.get("rel", "").lower().split()
        kind = row.get("type", "").split(";")[0].strip().lower()
        if tag == "link" and {"alternate", "feed"} & set(kinds) and kind in _TYPES:
            target = absolute_url(row.get("href", ""), self._base)
            if target:
                self.found.append(FoundFeed(url=target, title=row.get("title", "")))
