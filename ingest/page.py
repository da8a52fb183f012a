"""Article pages -> clean text, or the feed's words and why.

Runs in worker processes (see `sandbox`): trafilatura can hang or take the process down.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ingest.charset import decode
from ingest.credits import NO_CREDITS, Credits, credits_of
from ingest.dates import UNKNOWN, Moment, parse_date, parse_date_of_any_language
from ingest.extraction import extract_article
from ingest.language import identify
from ingest.markup import mend_references, plain_text
from ingest.quality import complaint, tidy, without_title
from ingest.story import clean_text
from ingest.walls import wall_of

MIN_FULL_TEXT: Final = 900  # characters; a feed's text of this length is the article
CUT_OFF_TAIL: Final = 60  # characters; the pattern is quadratic on a long text
MAX_TAGS: Final = 100_000  # real news pages have up to 4,110; more can hang trafilatura
_CUT_OFF: Final = re.compile(
    r"(?:…|\.\.\.|\[…\]|read more|continue reading)\W*$", re.IGNORECASE
)
_DATE: Final = re.compile(
    rb"""(?:article:published_time["'][^>]{0,80}?content=|"datePublished"\s*:\s*)"""
    rb"""["']([^"'<>]{8,40})["']""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was fetched; `content_type` is its header, "" without one."""

    body: bytes
    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the feed told of a story, as far as cleaning needs it."""

    title: str
    text: str
    lang: str | None
    author: str
    published_raw: str | None
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The text that was chosen, where it is from, its language, and what went wrong.

    `published` is the date as it was understood; `credits` what the text says of its
    makers and sources.
    """

    text: str
    text_from: str
    lang: str | None
    flags: tuple[str, ...]
    published: Moment = UNKNOWN
    credits: Credits = NO_CREDITS


def is_full_text(content: str) -> bool:
    """Tell whether a feed entry's content is the article, so no page is fetched."""
    text = plain_text(content)
    return len(text) >= MIN_FULL_TEXT and not _CUT_OFF.search(text[-CUT_OFF_TAIL:])


def extract_text(page: Page) -> str:
    """Return the article's text, paragraphs by line; empty if there is none."""
    if page.body.count(b"<") > MAX_TAGS or page.body.startswith((b"%PDF", b"\x89PNG")):
        return ""
    markup = mend_references(decode(page.body, page.content_type).encode()).decode()
    return clean_text(extract_article(markup, page.url))


def choose_text(page: Page | None, told: Told) -> Cleaned:
    """Take the page's text where it is one, else the feed's, and say why.

    Args:
        page: None if none was fetched.
        told: what the feed said.
    """
    text, why = _text_of(page, told) if page else ("", None)
    use_page = page is not None and why is None
    chosen = text if use_page else told.text
    flags = tuple(f for f in (why, None if chosen else "no-text") if f)
    return Cleaned(
        text=chosen,
        text_from="page" if use_page else "feed",
        lang=identify(f"{told.title}\n{chosen}", told.lang),
        flags=flags,
        published=_published(page, told),
        credits=credits_of(chosen, told.author),
    )


def without_page(told: Told, flag: str) -> Cleaned:
    """Take the feed's own words, without a parser that could fail."""
    return Cleaned(
        text=told.text,
        text_from="feed",
        lang=identify(f"{told.title}\n{told.text}", told.lang),
        flags=(flag,) if told.text else (flag, "no-text"),
        published=parse_date(told.published_raw, datetime.fromtimestamp(told.now, UTC)),
        credits=credits_of(told.text, told.author),
    )


def _text_of(page: Page, told: Told) -> tuple[str, str | None]:
    """Return (the page's text, why it is not to be used)."""
    raw = extract_text(page)
    text = tidy(raw)
    why = complaint(text, title=told.title, feed_text=told.text, whole=len(raw))
    text = without_title(text, told.title)
    if why and (wall := wall_of({}, page.body)):
        why = f"page-wall: {wall}"
    return text, why


def _published(page: Page | None, told: Told) -> Moment:
    """Return the feed's date, else what the page's metadata say."""
    now = datetime.fromtimestamp(told.now, UTC)
    found = parse_date_of_any_language(told.published_raw, now)
    if found.at is None and page and (stated := _DATE.search(page.body[:1_000_000])):
        return parse_date(stated[1].decode("utf-8", "replace"), now)
    return found
