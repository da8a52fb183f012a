"""Feed bytes -> entries. The only file that imports feedparser and fastfeedparser.

Both get bytes that our client fetched and nothing else: given a string, feedparser
would open files and URLs, and its own HTTP has no time-out (research, feeds.md).
fastfeedparser reads some feeds in which feedparser finds nothing (1 of 157 real ones).
"""

import io
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import fastfeedparser
import feedparser

from ingest.errors import Quarantine
from ingest.markup import mend_references, plain_text
from ingest.story import clean_line, clean_text
from ingest.urls import absolute_url

MAX_ENTRIES: Final = 2_000  # Media Cloud's cap; the largest real feed seen had 1,046
_ENCODING: Final = re.compile(rb"""^(<\?xml[^>]*?)\sencoding\s*=\s*["'][^"']*["']""")


class NotAFeed(Quarantine):
    """The body is something else: an HTML page, nothing, or beyond repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says about one story. Empty strings where it says nothing.

    Attributes:
        guid: the feed's own id; "" if absent.
        link: absolute URL of the article; None if absent or unusable.
        title: one line of plain text.
        summary: plain text of the description.
        content: HTML of the full text, where the feed carries one.
        published_raw: the date as written; None if absent.
        source: name of the publisher where the feed names one (RSS `<source>`).
        lang: language of the feed or entry; None if not stated.
    """

    guid: str
    link: str | None
    title: str
    summary: str
    content: str
    published_raw: str | None
    source: str
    lang: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed's title and entries, in the feed's order, at most MAX_ENTRIES.

    `left_out` counts entries that could not be taken; `note` says what was wrong with
    the document though entries could be read, None if nothing.
    """

    title: str
    entries: tuple[Entry, ...]
    left_out: int
    note: str | None


def parse_feed(body: bytes, url: str, content_type: str) -> ParsedFeed:
    """Read RSS, RDF, Atom or JSON Feed.

    Args:
        body: the decompressed body.
        url: where it came from at last; relative links are resolved against it.
        content_type: the header as sent; used for the charset alone.

    Raises:
        NotAFeed: says what it is instead.
    """
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise NotAFeed(f"{url}: empty body")
    if start.startswith(b"{"):
        return _json_feed(start, url)
    if _is_utf8(body):  # then it is UTF-8, whatever the labels say (peers.md D8)
        body = _ENCODING.sub(rb"\1", start, count=1)
        content_type = "application/xml; charset=utf-8"
    body = mend_references(body)
    found = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": content_type},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    broken = str(found.get("bozo_exception", "")) if found.get("bozo") else ""
    entries = found.entries or (_second_reading(body) if broken else [])
    if not entries and (broken or not found.get("version")):
        raise NotAFeed(f"{url}: {_what_instead(start, broken)}")
    lang = _language(found.feed.get("language"))
    return ParsedFeed(
        title=clean_line(plain_text(str(found.feed.get("title") or ""))),
        entries=tuple(_entry(e, url, lang) for e in entries[:MAX_ENTRIES]),
        left_out=max(0, len(entries) - MAX_ENTRIES),
        note=clean_line(broken, 200) or None,
    )


def _second_reading(body: bytes) -> list[Any]:
    """Return the entries that fastfeedparser finds; [] if it can't read it either."""
    try:
        return list(fastfeedparser.parse(body).entries)
    except (ValueError, TypeError, LookupError):  # seen on 79,000 damaged feeds
        return []


def _what_instead(start: bytes, broken: str) -> str:
    page = re.search(rb"<(?:!doctype\s+)?html", start[:2000], re.IGNORECASE)
    what = "an HTML page, not a feed" if page else "not a feed, or beyond repair"
    opening = clean_line(start[:200].decode("utf-8", "replace"), 80)
    return f"{what}: {opening}" + (f" ({clean_line(broken, 120)})" if broken else "")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _language(value: object) -> str | None:
    code = str(value or "").strip().lower()[:2]
    return code if code.isascii() and code.isalpha() and len(code) == 2 else None  # noqa: PLR2004


def _entry(entry: Any, url: str, lang: str | None) -> Entry:
    # dict.get: feedparser's own mapping would hand out `updated` for a missing
    # `published`, with a warning.
    def get(name: str) -> Any:
        return dict.get(entry, name)

    contents = [c for c in get("content") or [] if isinstance(c, dict)]
    content = max((str(c.get("value") or "") for c in contents), key=len, default="")
    link = str(get("link") or "") or next(
        (str(x.get("href") or "") for x in get("links") or []), ""
    )
    source = get("source")
    return Entry(
        guid=clean_line(str(get("id") or ""), 2_000),
        link=absolute_url(link, url) if link else None,
        title=clean_line(plain_text(str(get("title") or ""))),
        summary=plain_text(str(get("summary") or get("description") or "")),
        content=clean_text(content),
        published_raw=_raw_date(get("published") or get("updated") or get("created")),
        source=clean_line(str(source.get("title") or "")) if source else "",
        lang=_language(get("language")) or lang,
    )


def _raw_date(value: object) -> str | None:
    return clean_line(str(value), 100) if value else None


def _json_feed(start: bytes, url: str) -> ParsedFeed:
    try:
        found = json.loads(start)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"{url}: JSON that can't be read: {error}") from error
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise NotAFeed(f"{url}: JSON, but no JSON Feed: it has no list `items`")
    lang = _language(found.get("language"))
    kept = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    return ParsedFeed(
        title=clean_line(str(found.get("title") or "")),
        entries=tuple(_json_entry(item, url, lang) for item in kept),
        left_out=len(items) - len(kept),
        note=None,
    )


def _json_entry(item: dict[str, Any], url: str, lang: str | None) -> Entry:
    def text(*names: str) -> str:
        return next((str(item[n]) for n in names if item.get(n)), "")

    link = text("url", "external_url")
    return Entry(
        guid=clean_line(text("id"), 2_000),
        link=absolute_url(link, url) if link else None,
        title=clean_line(plain_text(text("title"))),
        summary=plain_text(text("summary", "content_text", "content_html")),
        content=clean_text(text("content_html", "content_text")),
        published_raw=_raw_date(text("date_published", "date_modified")),
        source="",
        lang=_language(item.get("language")) or lang,
    )
