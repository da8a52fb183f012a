"""Feed bytes -> entries. The only file that imports feedparser and fastfeedparser.

Both get UTF-8 that we decoded and nothing else: given a string, feedparser would open
files and URLs, and its own HTTP has no time-out. fastfeedparser
reads some feeds that make feedparser raise, hang or find nothing (1 of 157 real ones).

Runs in worker processes, see `sandbox`.
"""

import io
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import fastfeedparser
import feedparser

from samestory.cleaning import clean_line, clean_text
from samestory.errors import Quarantine
from samestory.ingest.feeds.announced import Announced, announced
from samestory.ingest.feeds.entry import MAX_ENTRIES, Entry, ParsedFeed
from samestory.ingest.feeds.midnights import with_days
from samestory.ingest.feeds.sitemap import child_sitemaps, parse_sitemap, sitemap_kind
from samestory.ingest.fetch.client import MAX_FEED_BYTES
from samestory.ingest.fetch.errors import BotWall
from samestory.ingest.text.bot_walls import wall_of
from samestory.ingest.text.charset import decode
from samestory.ingest.text.dates import MAX_DATE
from samestory.ingest.text.markup import mend_references, plain_text
from samestory.publishers import same_site
from samestory.urls import absolute_url

# Google Alerts and Bing News link to themselves, and name the report.
_ENGINE: Final = re.compile(
    r"(?:www\.)?google\.[a-z.]{2,6}/url|(?:www\.)?bing\.com/news/apiclick\.aspx"
)
_COPIED: Final = re.compile(
    r"https?://(?:[\w-]{1,200}\.cdn\.ampproject\.org/[cv]/|(?:www\.)?google\."
    r"[a-z.]{2,6}/amp/)(s/)?([\w-]{1,63}\.\S+)"
)
_LEADING: Final = re.compile(r"/(?:redirect|redir)(?:\.\w{1,5})?$", re.IGNORECASE)
_GZIP: Final = b"\x1f\x8b"
MAX_AUTHORS: Final = 10
_DECLARATION: Final = re.compile(r"^<\?xml[^>]{0,500}\?>")
_ROOT: Final = re.compile(
    r"<\?xml|<(?:\w{1,20}:)?(?:rss|feed|rdf|urlset)\b", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"\s*<!--.{0,2000}?-->", re.DOTALL)
_PAGE: Final = re.compile(r"\s*<(?:!doctype\s+)?html", re.IGNORECASE)
_JUNK: Final = 5_000  # characters before the root, e.g. PHP's warnings
_SKIPPED: Final = re.compile(
    r"<skip(Hours|Days)>(.{0,2000}?)</skip\1>", re.IGNORECASE | re.DOTALL
)


# Beside it feedparser does not take a guid for the link.
# feedparser takes a picture's caption for the entry's text, or the longer part of it.
_CAPTION: Final = re.compile(r"<(/?)media:description\b")
_NO_LINK: Final = re.compile(r"<link\s*(?:/>|>\s*</link\s*>)", re.IGNORECASE)
_WEB: Final = re.compile("https?://", re.IGNORECASE)
_BARE_HOST: Final = re.compile(r"www\.[\w-]{1,63}\.", re.IGNORECASE)


class NotAFeed(Quarantine):
    """The body is something else: an HTML page, nothing, or beyond repair."""


def parse_feed(
    body: bytes, url: str, content_type: str, *, careful: bool = False
) -> ParsedFeed:
    """Read RSS, RDF, Atom, JSON Feed or a news sitemap.

    Args:
        body: the decompressed body.
        url: where it came from at last; relative links are resolved against the site's
            address that it names, else against this.
        content_type: the header as sent; used for the charset alone.
        careful: without feedparser, which some documents make hang.

    Raises:
        BotWall: it is a challenge, a consent page, a login.
        NotAFeed: says what it is instead.
    """
    parsed = _parsed(body, url, content_type, careful=careful)
    return replace(parsed, entries=with_days(parsed.entries))


def _parsed(
    body: bytes, url: str, content_type: str, *, careful: bool = False
) -> ParsedFeed:
    body = _unpacked(body, url)
    text = decode(body, content_type).lstrip("\ufeff \t\r\n\0")
    if not text:
        raise NotAFeed(f"{url}: empty body")
    if text.startswith("{"):
        return _json_feed(text, url)
    if (root := _ROOT.search(text[:_JUNK])) and not _is_page(text):
        text = text[root.start() :]
    kind = sitemap_kind(text)
    if kind:
        return _sitemap(text, url, kind)
    # A declaration of another encoding would be believed again; the line stays.
    plain = _NO_LINK.sub("", _DECLARATION.sub("<?xml version='1.0'?>", text))
    plain = _CAPTION.sub(r"<\1media:caption", plain)
    clean = mend_references(plain.encode())
    feed, entries, broken = _read(clean, careful=careful)
    if not entries and (broken or not feed.get("version")):
        if wall := wall_of({}, body):
            raise BotWall(f"{url}: bot wall: {wall}")
        raise NotAFeed(f"{url}: {_what_instead(text, broken)}")
    about = feed.get("feed", {})
    site = absolute_url(str(about.get("link") or ""), url) or ""
    lang = _language(about.get("language"))
    return ParsedFeed(
        title=clean_line(plain_text(str(about.get("title") or ""))),
        entries=tuple(_entry(e, site or url, lang) for e in _newest(entries)),
        left_out=max(0, len(entries) - MAX_ENTRIES),
        note=clean_line(broken, 200) or None,
        said=_announced(about, text),
        site=site,
    )


def _unpacked(body: bytes, url: str) -> bytes:
    """Return what a server sends packed without saying so, as news sitemaps are."""
    if not body.startswith(_GZIP):
        return body
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # gzip's own frame
    try:
        plain = unpacking.decompress(body, MAX_FEED_BYTES)
    except zlib.error as error:
        raise NotAFeed(f"{url}: gzip that can't be unpacked: {error}") from error
    if unpacking.unconsumed_tail:
        raise NotAFeed(f"{url}: more than {MAX_FEED_BYTES:,} bytes, unpacked")
    return plain


def _read(body: bytes, *, careful: bool) -> tuple[dict[str, Any], list[Any], str]:
    """Return (what feedparser found, entries, what is wrong with the document)."""
    document: dict[str, Any] = {}
    broken = "read without feedparser" if careful else ""
    if not careful:
        headers = {"content-type": "application/xml; charset=utf-8"}
        try:
            document = feedparser.parse(
                io.BytesIO(body),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
            if document.get("bozo"):
                broken = str(document.get("bozo_exception", "")) or "ill-formed"
        except Exception as error:  # noqa: BLE001  (11 kinds were seen)
            broken = f"feedparser: {type(error).__name__}: {error}"
    entries = list(document.get("entries", []))
    if broken:
        again = _second_reading(body)
        if len(again) > len(entries):
            return (
                {"feed": {"title": document.get("feed", {}).get("title")}},
                again,
                broken,
            )
    return document, entries, broken


def _newest(entries: list[Any]) -> list[Any]:
    """Return MAX_ENTRIES at most: the first, or the last where the oldest is first."""
    if len(entries) <= MAX_ENTRIES:
        return entries
    first, last = (_moment(entry) for entry in (entries[0], entries[-1]))
    is_oldest_first = first is not None and last is not None and first < last
    return entries[-MAX_ENTRIES:] if is_oldest_first else entries[:MAX_ENTRIES]


def _moment(entry: Any) -> tuple[int, ...] | None:
    """Return when an entry is from, as feedparser reads it; None if it can't."""
    parsed = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    return tuple(parsed) if parsed else None


def _second_reading(body: bytes) -> list[Any]:
    """Return the entries that fastfeedparser finds; [] if it can't read it either."""
    try:
        return list(fastfeedparser.parse(body).entries)
    except Exception:  # noqa: BLE001  (a parser may raise anything at all)
        return []


def _announced(about: Mapping[str, Any], text: str) -> Announced:
    skips = {name.lower(): inside for name, inside in _SKIPPED.findall(text[:200_000])}
    return announced(
        ttl=about.get("ttl"),
        period=about.get("sy_updateperiod"),
        frequency=about.get("sy_updatefrequency"),
        hours=re.findall(r"<hour>\s*(\d{1,2})", skips.get("hours", ""), re.IGNORECASE),
        days=re.findall(r"<day>\s*(\w{3,9})", skips.get("days", ""), re.IGNORECASE),
    )


def _is_page(text: str) -> bool:
    """Tell whether an HTML page begins, behind comments perhaps."""
    at = 0
    # One by one: in one expression, each doubles the ways to tell them apart.
    while comment := _COMMENT.match(text, at):
        at = comment.end()
    return _PAGE.match(text, at) is not None


def _what_instead(text: str, broken: str) -> str:
    what = "not a feed, or beyond repair"
    if _is_page(text) or re.search(
        r"<(?:!doctype\s+)?html", text[:2_000], re.IGNORECASE
    ):
        what = "an HTML page, not a feed"
    opening = clean_line(text[:200], 80)
    return f"{what}: {opening}" + (f" ({clean_line(broken, 120)})" if broken else "")


def _sitemap(text: str, url: str, kind: str) -> ParsedFeed:
    if kind == "sitemapindex":
        some = ", ".join(child_sitemaps(text)[:3]) or "none"
        raise NotAFeed(
            f"{url}: an index of sitemaps, not one with news; it lists {some}"
        )
    stories, others = parse_sitemap(text)
    if not stories:
        raise NotAFeed(f"{url}: a sitemap without news ({others} URLs)")
    stories.sort(key=lambda story: story.published, reverse=True)
    entries = tuple(
        Entry(
            guid="",
            link=absolute_url(story.link, url),
            title=clean_line(plain_text(story.title)),
            summary="",
            content="",
            published_raw=_raw_date(story.published),
            source=clean_line(story.source, 120),
            lang=_language(story.lang),
        )
        for story in stories[:MAX_ENTRIES]
    )
    left_out = len(stories) - len(entries) + others
    return ParsedFeed(title="", entries=entries, left_out=left_out, note=None)


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
    caption = str(get("media_caption") or "")
    link = str(get("feedburner_origlink") or get("link") or "") or next(
        (
            str(x.get("href") or "")
            for x in get("links") or []
            if isinstance(x, Mapping) and x.get("rel") != "enclosure"  # a recording
        ),
        "",
    )
    if get("guidislink") and not _WEB.match(link):
        link = ""  # a guid that is no address is not made one
    said = get("source")
    source = said if isinstance(said, Mapping) else {}
    return Entry(
        guid=clean_line(str(get("id") or ""), 2_000),
        link=_address(link, url),
        title=clean_line(plain_text(str(get("title") or ""))),
        summary=plain_text(
            str(get("summary") or get("description") or _unless(content, caption))
        ),
        content=clean_text(content),
        published_raw=_raw_date(get("published") or get("updated") or get("created")),
        source=clean_line(str(source.get("title") or source.get("value") or ""), 120),
        lang=_language(get("language")) or lang,
        author=clean_line(plain_text(_authors(get("authors"), get("author"))), 200),
        source_url=absolute_url(str(source.get("href") or ""), url) or "",
    )


def _unless(content: str, caption: str) -> str:
    """Return a caption where an entry has no other text, as those of videos."""
    return "" if content else caption


def _authors(several: Any, one: Any) -> str:
    """Return all of an entry's authors: feedparser's `author` is the last of them."""
    people = several if isinstance(several, list) else []
    names = [str(it.get("name") or "") for it in people if isinstance(it, Mapping)]
    named = list(dict.fromkeys(filter(None, names)))
    return ", ".join(named[:MAX_AUTHORS]) if len(named) > 1 else str(one or "")


def _address(link: str, base: str) -> str | None:
    """Return an entry's link as a browser reads it: blanks escaped, a host is one."""
    lines = link.replace("\t", "\n").splitlines()  # as a publisher wrapped it
    whole = "".join(line.strip() for line in lines).replace(" ", "%20")
    if _BARE_HOST.match(whole):
        whole = f"http://{whole}"
    return _led_to(absolute_url(whole, base)) if whole else None


def _led_to(link: str | None) -> str | None:
    """Return where a link leads that names its target: an alert's, a script's.

    A search engine may lead anywhere, also to its copy of a page in AMP; a site's own
    script to that site alone.
    """
    if copy := _COPIED.match(link or ""):
        return absolute_url(f"http{'s' if copy[1] else ''}://{copy[2]}", "") or link
    parts = urlsplit(link or "")
    named = dict(parse_qsl(parts.query))
    is_known = _ENGINE.fullmatch(f"{parts.hostname}{parts.path}") is not None
    if not (is_known or _LEADING.search(parts.path)):
        return link
    for name in ("url", "u", "q", "target"):
        target = absolute_url(named.get(name, ""), "")
        if target and (is_known or same_site(link or "", target)):
            return target
    return link


def _raw_date(value: object) -> str | None:
    return clean_line(str(value), MAX_DATE) if value else None


def _json_feed(text: str, url: str) -> ParsedFeed:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"{url}: JSON that can't be read: {error}") from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise NotAFeed(f"{url}: JSON, but no JSON Feed: it has no list `items`")
    lang = _language(document.get("language"))
    kept = [item for item in items[:MAX_ENTRIES] if isinstance(item, dict)]
    return ParsedFeed(
        title=clean_line(str(document.get("title") or "")),
        entries=tuple(_json_entry(item, url, lang) for item in kept),
        left_out=len(items) - len(kept),
        note=None,
        site=absolute_url(str(document.get("home_page_url") or ""), url) or "",
    )


def _json_entry(item: dict[str, Any], url: str, lang: str | None) -> Entry:
    def text(*names: str) -> str:
        return next((str(item[n]) for n in names if item.get(n)), "")

    link = text("url", "external_url")
    return Entry(
        guid=clean_line(text("id"), 2_000),
        link=_address(link, url),
        title=clean_line(plain_text(text("title"))),
        summary=plain_text(text("summary", "content_text", "content_html")),
        content=clean_text(text("content_html", "content_text")),
        published_raw=_raw_date(text("date_published", "date_modified")),
        source="",
        lang=_language(item.get("language")) or lang,
        author=_json_author(item),
    )


def _json_author(item: Mapping[str, Any]) -> str:
    """Return the names of version 1.1's `authors`, or 1.0's `author`."""
    authors = item.get("authors") or [item.get("author")]
    people = authors if isinstance(authors, list) else [authors]
    names = [str(one.get("name") or "") for one in people if isinstance(one, dict)]
    return clean_line(", ".join(name for name in names if name), 200)
