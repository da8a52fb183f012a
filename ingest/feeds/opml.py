"""Lists of feeds: OPML or one URL a line."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from samestory.errors import Misconfigured
from samestory.ingest.text.markup import mend_references
from samestory.urls import absolute_url

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Exported lists have addresses as they are, with an ampersand that XML would escape.
_BARE: Final = re.compile(rb"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});)")
_FEED_SCHEME: Final = re.compile(r"feed:(?=//|https?:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRef:
    """A feed to be polled; group and lang are "" where the list says nothing."""

    url: str
    title: str = ""
    group: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """What a list of feeds gives.

    Attributes:
        feeds: that can be polled.
        left_out: why others can't, with their lines, for a person.
        is_damaged: its XML is: it may have been longer.
    """

    feeds: tuple[FeedRef, ...]
    left_out: tuple[str, ...] = ()
    is_damaged: bool = False


def parse_feedlist(body: bytes, name: str) -> FeedList:
    """Read an OPML document, or a text with one URL a line (# begins a comment).

    It is read as far as it goes: one bad line takes no other with it.

    Raises:
        Misconfigured: no feed is left; names the list, and what is wrong with it.
    """
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_opml = start.startswith(b"<")
    rows, damage = _of_opml(start) if is_opml else (_of_text(body), "")
    feeds, left_out = [], [f"{name}: {damage}"] if damage else []
    for line, row in rows:
        try:
            feeds.append(checked_ref(**row))
        except Misconfigured as error:
            left_out.append(f"{name}:{line}: {error}")
    if not feeds:
        what = "no outline with xmlUrl" if is_opml else "no URL"
        raise Misconfigured("; ".join(left_out) or f"{name}: no feed in it ({what})")
    return FeedList(
        feeds=tuple(feeds), left_out=tuple(left_out), is_damaged=bool(damage)
    )


def checked_ref(url: str, title: str = "", group: str = "", lang: str = "") -> FeedRef:
    """Return a feed reference with its URL checked.

    Browsers hand out `feed:https://...` and `feed://...` for an address of a feed.

    Raises:
        Misconfigured: not an http(s) URL, or one with a password.
    """
    plain = _FEED_SCHEME.sub("", url.strip())
    absolute = absolute_url(f"http:{plain}" if plain.startswith("//") else plain, "")
    if absolute is None:
        shown = plain.rpartition("@")[2]  # whatever stands before it may be a secret
        raise Misconfigured(f"not a feed URL: {shown!r}; it must begin with http(s)://")
    if "@" in urlsplit(plain).netloc:
        begin, _, rest = absolute.partition("://")
        raise Misconfigured(
            f"a feed URL with a password in it: {begin}://***@{rest}; lists and logs"
            " would show it. Add it without, and to the --feed-headers file"
            f' ["{absolute}"] with Authorization = "Basic $NAME", where the environment'
            " has NAME from: printf %s USER:PASSWORD | base64"
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


def _of_opml(start: bytes) -> tuple[list[tuple[int, dict[str, str]]], str]:
    """Return (lines with what stands there, what is wrong with the document)."""
    mended = mend_references(_BARE.sub(b"&amp;", start))
    damage = ""
    try:
        root = etree.fromstring(mended, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        damage = f"not readable as OPML from line {error.lineno or 1} on: {error.msg}"
        root = etree.fromstring(mended, _parser(recover=True))
    rows = []
    for row in [] if root is None else root.iter("outline"):
        if url := row.get("xmlUrl"):
            parent = row.getparent()
            said = {
                "url": re.sub("^//", "http://", url.strip()),
                "title": row.get("title") or row.get("text") or "",
                "group": "" if parent is None else parent.get("text") or "",
                "lang": row.get("language") or "",
            }
            rows.append((row.sourceline or 0, said))
    return rows, damage


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, recover=recover)


def _of_text(body: bytes) -> list[tuple[int, dict[str, str]]]:
    lines = body.decode("utf-8", "replace").splitlines()
    stripped = ((number, line.strip()) for number, line in enumerate(lines, 1))
    return [
        (number, {"url": line.removeprefix("\ufeff")})
        for number, line in stripped
        if line and not line.startswith("#")
    ]
