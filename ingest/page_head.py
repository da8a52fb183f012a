"""What a page says of itself: its headline, and which feeds are its site's own."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from ingest.charset import decode
from ingest.discovery import feed_links
from ingest.markup import plain_text
from ingest.story import clean_line
from ingest.urls import url_key

MAX_HEAD: Final = 1_000_000  # characters that are read; headlines stand before it
MAX_DATA: Final = 100_000  # characters of a block of structured data that is read
_META: Final = ("og:title", "twitter:title")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A page's own words about itself.

    Attributes:
        title: its headline, "" if it has none; an outlet's name may stand behind it.
        feeds: keys of the feeds that it names as its own.
    """

    title: str
    feeds: frozenset[str]

    def links_to(self, feeds: Collection[str]) -> bool:
        """Tell whether the page names one of these addresses as its feed."""
        return any(url_key(feed) in self.feeds for feed in feeds)


def read_head(body: bytes, url: str, content_type: str) -> Head:
    """Read a page's headline and its feeds; of what is no page, nothing.

    Args:
        body: of the page.
        url: where it came from at last.
        content_type: the header as sent.
    """
    text = decode(body, content_type)[:MAX_HEAD]
    parser = etree.HTMLParser(encoding="utf-8", no_network=True)
    try:
        tree = etree.fromstring(text.encode("utf-8", "ignore"), parser)
    except (etree.XMLSyntaxError, ValueError):
        tree = None
    if tree is None:
        return Head(title="", feeds=frozenset())
    title = next((found for found in _titles(tree) if found), "")
    feeds = frozenset(url_key(one.url) for one in feed_links(tree, url))
    return Head(title=title, feeds=feeds)


def plain_words(text: str) -> list[str]:
    """Return the words of a headline, to tell whether two are the same."""
    return _WORD.findall(text.casefold())


def _titles(tree: etree._Element) -> Iterator[str]:
    """Yield what may be the headline, the surest first."""
    said: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        said.setdefault(name, clean_line(meta.get("content") or ""))
    yield said.get(_META[0], "")
    heads = [_text(head) for head in tree.iter("h1")]
    if len(heads) == 1:  # of several, any may be a section's
        yield heads[0]
    yield from filter(None, map(_headline, tree.iter("script")))
    yield said.get(_META[1], "")
    yield from (_text(title) for title in tree.iter("title"))


def _text(element: etree._Element) -> str:
    return clean_line(" ".join("".join(element.itertext()).split()))


def _headline(script: etree._Element) -> str:
    """Return the headline that structured data of an article state (schema.org)."""
    text = script.text or ""
    is_data = (script.get("type") or "").lower() == "application/ld+json"
    if not is_data or len(text) > MAX_DATA:
        return ""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    graph = found.get("@graph", [found]) if isinstance(found, dict) else found
    for one in graph if isinstance(graph, list) else ():
        if isinstance(one, dict) and isinstance(one.get("headline"), str):
            return clean_line(plain_text(one["headline"]))
    return ""
