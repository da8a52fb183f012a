"""Headlines without the names that publishers and aggregators add to them."""

import re
from collections.abc import Iterable
from typing import Final

from samestory.publishers import names_of, plain_name
from samestory.urls import host_of

MIN_LEFT: Final = 12  # characters that a headline has without the outlet's name
_SEPARATOR: Final = re.compile(r"\s[|–—·•:»«-]+\s|\s?\|\s?")  # of one line
_MARKS: Final = re.compile(
    r"^\s*(?:\[(?:watch|video|photos?|live|updated?|opinion|analysis)\]\s*"
    r"|(?:breaking(?: news)?|live(?: updates)?|watch|video|exclusive|opinion|analysis"
    r"|just in|factbox|explainer)\s*[:|]\s+|(?:update|wrapup) \d\s*[:|–—-]\s*)",
    re.IGNORECASE,
)


def clean_title(
    title: str, outlet: str, *, feed_title: str = "", url: str | None = None
) -> str:
    """Return a headline without its outlet's name and without marks such as "LIVE:".

    Only what is known to be the outlet goes: its names, the feed's title, the site's
    domain, behind the last separator or before the first. What is left must still be a
    headline of MIN_LEFT characters.

    Args:
        title: one line, as the feed wrote it.
        outlet: from `outlet_named`.
        feed_title: "" if the feed has none.
        url: of the story; None if it has none.
    """
    known = {_plain(name) for name in (*names_of(outlet), feed_title, *_labels(url))}
    known |= {_plain(part) for part in _SEPARATOR.split(feed_title)}
    known.discard("")
    cleaned = _without_end(title, known)
    # In front only the outlet's own names: "Ukraine: ..." is no outlet of its feed.
    cleaned = _without_begin(cleaned, {_plain(name) for name in names_of(outlet)})
    marked = _MARKS.sub("", cleaned, count=1)
    return marked if len(marked) >= MIN_LEFT else cleaned


def _without_end(title: str, known: set[str]) -> str:
    was_cut = False
    for _ in range(3):  # "Headline | World | Reuters"
        cuts = list(_SEPARATOR.finditer(title))
        if not cuts:
            return title
        kept, end = title[: cuts[-1].start()].rstrip(), title[cuts[-1].end() :]
        is_section = (was_cut or len(cuts) > 1) and _plain(end) in _SECTIONS
        if not (_plain(end) in known or is_section) or len(kept) < MIN_LEFT:
            return title
        title, was_cut = kept, True
    return title


def _without_begin(title: str, known: set[str]) -> str:
    cut = _SEPARATOR.search(title) or re.search(r":\s+", title)
    if cut and _plain(title[: cut.start()]) in known:
        kept = title[cut.end() :].lstrip()
        return kept if len(kept) >= MIN_LEFT else title
    return title


_SECTIONS: Final = frozenset(
    (
        *("world", "politics", "world news", "us news", "uk news", "business"),
        *("europe", "middle east", "asia", "africa", "americas", "international"),
        *("news", "latest news", "headlines", "opinion", "top stories"),
    )
)


def _labels(url: str | None) -> Iterable[str]:
    """Return what of a host may stand in a headline: bbc.co.uk, bbc."""
    host = host_of(url or "").removeprefix("www.")
    yield host
    parts = host.split(".")
    if len(parts) > 1 and not parts[-1].isdigit():
        yield from (part for part in parts[:-1] if len(part) > 3)  # noqa: PLR2004


def _plain(name: str) -> str:
    return re.sub(r"\.(?:com|co\.uk|org)$", "", plain_name(name))
