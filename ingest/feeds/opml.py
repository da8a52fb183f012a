"""Lists of feeds: OPML or one URL a line."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from samestory.errors import Misconfigured
from samestory.urls import absolute_url

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FEED_SCHEME: Final = re.compile(r"feed:(?=//|https?:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRef:
    """A feed to be polled; group and lang are "" where the list says nothing."""

    url: str
    title: str = ""
    group: str = ""
    lang: str = ""


def parse_feedlist(body: bytes, name: str) -> list[FeedRef]:
    """Read an OPML document, or a text with one URL a line (# begins a comment).

    Raises:
        Misconfigured: neither; names the list and, in a text, the line.
    """
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return _opml(start, name)
    return _lines(body.decode("utf-8", "replace"), name)


def checked_ref(url: str, title: str = "", group: str = "", lang: str = "") -> FeedRef:
    """Return a feed reference with its URL checked.

    Browsers hand out `feed:https://...` and `feed://...` for an address of a feed.

    Raises:
        Misconfigured: not an http(s) URL.
    """
    plain = _FEED_SCHEME.sub("", url.strip())
    absolute = absolute_url(f"http:{plain}" if plain.startswith("//") else plain, "")
    if absolute is None:
        raise Misconfigured(f"not a feed URL: {url!r}; it must begin with http(s)://")
    if "@" in urlsplit(plain).netloc:
        raise Misconfigured(
            f"a feed URL with a password in it, at {urlsplit(absolute).hostname}: lists"
            " and logs would show it; use --feed-headers"
        )
    return FeedRef(url=absolute, title=title, group=group, lang=lang)


def to_opml(feeds: list[FeedRef]) -> bytes:
    """Return the feeds as an OPML 2.0 document, grouped."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "samestory feeds"
    body = etree.SubElement(root, "body")
    groups: dict[str, etree._Element] = {}
    for feed in feeds:
        if feed.group and feed.group not in groups:
            groups[feed.group] = etree.SubElement(body, "outline", text=feed.group)
        title = _NOT_XML.sub(" ", feed.title) or feed.url
        row = {"type": "rss", "text": title, "xmlUrl": feed.url}
        if feed.lang:
            row["language"] = feed.lang
        etree.SubElement(groups.get(feed.group, body), "outline", row)
    return bytes(
        etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    )


def _opml(start: bytes, name: str) -> list[FeedRef]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    try:
        root = etree.fromstring(start, parser)
    except etree.XMLSyntaxError as error:
        raise Misconfigured(f"{name}: not readable as OPML: {error}") from error
    feeds = []
    for row in root.iter("outline"):
        url = row.get("xmlUrl")
        if url:
            parent = row.getparent()
            group = "" if parent is None else parent.get("text") or ""
            title = row.get("title") or row.get("text") or ""
            # feed:// is an old name for http://, still found in exported lists.
            url = re.sub("^//", "http://", url.strip().removeprefix("feed:"))
            try:
                lang = row.get("language") or ""
                feeds.append(checked_ref(url, title, group, lang))
            except Misconfigured as error:
                raise Misconfigured(f"{name}: {title}: {error}") from error
    if not feeds:
        raise Misconfigured(f"{name}: no feed in it (no outline with xmlUrl)")
    return feeds


def _lines(text: str, name: str) -> list[FeedRef]:
    feeds = []
    for number, line in enumerate(text.splitlines(), 1):
        url = line.split("#")[0].strip() if line.lstrip().startswith("#") else line
        url = url.strip()
        if not url:
            continue
        try:
            feeds.append(checked_ref(url))
        except Misconfigured as error:
            raise Misconfigured(f"{name}:{number}: {error}") from error
    if not feeds:
        raise Misconfigured(f"{name}: no feed in it")
    return feeds
