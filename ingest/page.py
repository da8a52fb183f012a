"""Article pages -> clean text. The only file that imports trafilatura.

Runs in worker processes (see `sandbox`): trafilatura can hang or take the process down.
"""

import re
from dataclasses import dataclass
from typing import Final

from ingest.language import identify
from ingest.markup import mend_references, plain_text
from ingest.story import clean_text

MIN_TEXT: Final = 150  # characters; consent walls and stubs on real pages had 46 to 131
MIN_FULL_TEXT: Final = 900  # characters; a feed's text of this length is the article
CUT_OFF_TAIL: Final = 60  # characters; the pattern is quadratic on a long text
_CUT_OFF: Final = re.compile(
    r"(?:…|\.\.\.|\[…\]|read more|continue reading)\W*$", re.IGNORECASE
)
_WALL: Final = re.compile(
    r"enable javascript|accept (?:all )?cookies|are you a robot|verify you are human",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """The text that was chosen, where it is from, its language, and what went wrong."""

    text: str
    text_from: str
    lang: str | None
    flags: tuple[str, ...]


def is_full_text(content: str) -> bool:
    """Tell whether a feed entry's content is the article, so no page is fetched."""
    text = plain_text(content)
    return len(text) >= MIN_FULL_TEXT and not _CUT_OFF.search(text[-CUT_OFF_TAIL:])


def extract_text(page: bytes, url: str) -> str:
    """Return the article's text, paragraphs by line; empty if there is none."""
    from trafilatura import extract  # noqa: PLC0415  (226 ms, paid in workers only)

    # Settings that measured best on news: feeds.md section 2.
    found = extract(
        mend_references(page),
        url=url,
        favor_precision=True,
        include_comments=False,
        with_metadata=False,
    )
    return clean_text(found or "")


def choose_text(
    page: bytes | None, *, url: str, title: str, feed_text: str, stated: str | None
) -> Cleaned:
    """Take the page's text where it is one, else the feed's, and say why.

    Args:
        page: the page's bytes; None if it was not fetched.
        url: where the page came from.
        title: the story's title, for the language.
        feed_text: plain text that the feed carried.
        stated: the feed's language.
    """
    text = extract_text(page, url) if page is not None else ""
    flags: tuple[str, ...] = ()
    if page is not None:
        flags = tuple(f for f in (_complaint(text, feed_text),) if f)
    use_page = page is not None and not flags
    chosen = text if use_page else feed_text
    return Cleaned(
        text=chosen,
        text_from="page" if use_page else "feed",
        lang=identify(f"{title}\n{chosen}", stated),
        flags=flags + (() if chosen else ("no-text",)),
    )


def _complaint(text: str, feed_text: str) -> str | None:
    if not text:
        return "page-empty"
    if len(text) < len(feed_text):
        return "page-shorter-than-feed"
    if len(text) < MIN_TEXT and _WALL.search(text):
        return "page-wall"
    if len(text) < MIN_TEXT and len(feed_text) >= len(text) // 2:
        return "page-too-short"
    return None
