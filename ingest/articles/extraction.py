"""A page -> its report's text, and what it says of it. The only file of trafilatura.

1. The page's elements are made ready (`page_tree.py`).
2. trafilatura with `favor_precision` and its fallbacks finds the text best, and
   spends most of its time on what surrounds it. So the page is narrowed
   first to the element that holds nearly all paragraphs, and the quick setting reads
   that; a result that is doubtful is discarded, and the whole page is read as
   trafilatura likes. On 145 pages with a gold text this gave F1 .957, as the whole page
   does, in 0.57 of its time (docs/performance.md).
3. What was found is compared with the paragraphs around it: those of the same kind, in
   the same kind of place, belong to it, be the body cut into ever so many containers.
4. The page's structured data may hold the text: it counts where it has much more.
"""

import copy
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlElement

from samestory.cleaning import clean_line
from samestory.ingest.articles.page_links import NOWHERE, Links, links_of
from samestory.ingest.articles.page_tree import (
    Paragraphs,
    is_alike,
    made_ready,
    parsed,
    parser,
    text_of,
)
from samestory.ingest.articles.quality import is_loose
from samestory.ingest.articles.structured_data import articles, body_of, is_paid

MIN_PARAGRAPHS: Final = 400  # characters of all paragraphs: less is no article
MOST: Final = 0.9  # of the paragraphs' text is in the element that is taken
LEAST_OF_PAGE: Final = 0.4  # of the unlinked text is in paragraphs; else elsewhere
MIN_FOUND: Final = 250  # characters of a quick result that is believed
MIN_SHARE: Final = 0.5  # of the paragraphs' text in it
MOST_LINKED: Final = 0.5  # of a paragraph's text: more, and it leads elsewhere
OPENING: Final = 60  # characters by which a paragraph is found again
MUCH_MORE: Final = 2  # times the text that the structured data must have
MIN_SAME: Final = 0.8  # of the words found that are among theirs
_IN_LISTS: Final = ("table", "tbody", "tr", "td", "form", "ul", "li", "ol", "dl")
_OTHER: Final = re.compile(
    r"comment|disqus|respon[ds]|repl(?:y|ies)|related|recommend|newsletter|cookie"
    r"|consent",
    re.IGNORECASE,
)
# What stands among a report's paragraphs and is not of them.
_BESIDE: Final = re.compile(
    r"teaser|promo|card|author|byline|caption|credit|share|social|sidebar|widget|banner"
    r"|paywall|subscri|abo-|offer|advert|sponsor|copyright|disclaimer|most-?read|tags?\b",
    re.IGNORECASE,
)
_LENGTH: Final = etree.XPath("string-length(normalize-space(.))")
_EMPTY: Final = b"<html><body><article></article></body></html>"
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What a page gives.

    Attributes:
        text: of the report, a paragraph a line; "" if there is none.
        from_data: it is of the page's structured data.
        headline: as the page shows it; "" if it shows none.
        linked: lines of the text that are links.
        is_paid: it is said to be for subscribers.
        links: where else the report is.
    """

    text: str = ""
    from_data: bool = False
    headline: str = ""
    linked: frozenset[str] = frozenset()
    is_paid: bool = False
    links: Links = NOWHERE


def extract_article(markup: str, url: str, first: str = "") -> Extract:
    """Return what a page gives; nothing if it can't be read.

    Args:
        markup: the page, decoded.
        url: where it came from.
        first: where the report's first page came from, if that is another.
    """
    from trafilatura.utils import repair_faulty_html  # noqa: PLC0415

    tree = parsed(repair_faulty_html(markup, markup[:50].lower()))
    if tree is None:
        return Extract()
    data = list(articles(tree)) if "ld+json" in markup else []
    links = links_of(tree, url, first)
    heads = [text_of(head) for head in tree.iter("h1")]
    around = made_ready(tree)
    text = _completed(_found(tree, url, around), tree, around)
    body = _body_in(data, [*heads, *map(text_of, tree.iterfind("head/title"))])
    from_data = _has_much_more(body, text)
    return Extract(
        text=body if from_data else text,
        from_data=from_data,
        headline=next(filter(None, heads), ""),
        linked=frozenset(map(text_of, tree.iter("a")))
        if is_loose(text)
        else frozenset(),
        is_paid=any(map(is_paid, data)),
        links=links,
    )


def _found(tree: HtmlElement, url: str, around: Paragraphs) -> str:
    """Return what trafilatura takes for the report."""
    from trafilatura import extract  # noqa: PLC0415  (226 ms, paid in workers only)
    from trafilatura.settings import Extractor  # noqa: PLC0415

    whole: dict[str, Any] = {
        "output_format": "txt",
        "precision": True,
        "comments": False,
        "with_metadata": False,
        "url": url,
    }
    narrowed, size = _narrowed(tree, around)
    if narrowed is not None:
        text = extract(narrowed, options=Extractor(fast=True, **whole)) or ""
        if len(text) >= max(MIN_FOUND, MIN_SHARE * size):
            return text
    return extract(copy.deepcopy(tree), options=Extractor(**whole)) or ""


def _narrowed(tree: HtmlElement, around: Paragraphs) -> tuple[HtmlElement | None, int]:
    """Return a page of the element with most paragraphs, and these' characters.

    None where no element but the body has them, where the text is not in paragraphs, or
    where the paragraphs may be comments, teasers or a consent dialogue.
    """
    body = tree.find("body")
    if body is None:
        return None, 0
    weights, total = _weights(body, around)
    if total < MIN_PARAGRAPHS:
        return None, total
    holder, inner = body, body
    while inner is not None:
        holder = inner
        inner = next((c for c in holder if weights[c] >= MOST * total), None)
    while holder is not body and holder.tag in _IN_LISTS:
        holder = holder.getparent()
    above = list(_up_to(body, holder))
    unlinked = _LENGTH(body) - sum(map(_LENGTH, body.iter("a")))
    is_other = any(_OTHER.search(_named(e)) for e in above)
    if holder is body or total < LEAST_OF_PAGE * unlinked or is_other:
        return None, total
    article = next((e for e in above if _is_article(e)), holder)
    return _page_of(article), total


def _weights(
    body: HtmlElement, around: Paragraphs
) -> tuple[dict[HtmlElement, int], int]:
    """Return each element's characters in paragraphs below it, and the sum of all."""
    weights: dict[HtmlElement, int] = defaultdict(int)
    total = 0
    for paragraph, text in around:
        total += len(text)
        for element in _up_to(body, paragraph.getparent()):
            weights[element] += len(text)
    return weights, total


def _up_to(body: HtmlElement, element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and those around it, inside the body."""
    while element is not None and element is not body:
        yield element
        element = element.getparent()


def _named(element: HtmlElement) -> str:
    return f"{element.get('id') or ''} {element.get('class') or ''}"


def _is_article(element: HtmlElement) -> bool:
    return bool(element.tag == "article" or element.get("itemprop") == "articleBody")


def _page_of(element: HtmlElement) -> HtmlElement:
    """Return a page that holds a copy of the element alone, inside an <article>."""
    page = etree.fromstring(_EMPTY, parser=parser())
    taken = copy.copy(element)  # lxml's copies are deep
    taken.tail = None
    if element.tag == "article" or element.find(".//article") is not None:
        page[0].replace(page[0][0], taken)
    else:
        page[0][0].append(taken)
    return page


def _completed(text: str, tree: HtmlElement, around: Paragraphs) -> str:
    """Return a text with the paragraphs of its kind that it lacks, in their order."""
    body = tree.find("body")
    if body is None or not text:
        return text
    lines = text.split("\n")
    at = {_begin(line): n for n, line in reversed([*enumerate(lines)])}
    placed = [(one, said, at.get(said[:OPENING])) for one, said in around]
    if all(place is not None for _, _, place in placed):
        return text
    at = {_opening(line): n for n, line in reversed([*enumerate(lines)])}
    placed = [
        (one, said, at.get(_opening(said)) if place is None else place)
        for one, said, place in placed
    ]
    whole = cache(partial(_plain, text))  # seldom asked for, and dear
    found = [one for one, _, place in placed if place is not None]
    kinds = Counter(map(_kind, found))
    theirs = {_named(above) for one in found for above in _up_to(body, one)}
    reports = {_report_of(body, one) for one in found}
    behind: dict[int, list[str]] = defaultdict(list)
    # What comes before all of them stands behind the headline.
    last = min((place for _, _, place in placed if place is not None), default=0) - 1
    for element, said, place in placed:
        if place is not None:
            last = place
        elif (
            kinds[_kind(element)] > 1
            and _report_of(body, element) in reports
            and _is_own(element, said, set(map(_named, _up_to(body, element))) - theirs)
            and _opening(said) not in whole()
        ):
            behind[last].append(said)
    put = behind[-1]
    for number, line in enumerate(lines):
        put = [*put, line, *behind[number]]
    return "\n".join(put)


def _begin(line: str) -> str:
    """Return how a paragraph begins, as it is written."""
    return " ".join(line.lstrip("- ")[: 2 * OPENING].split())[:OPENING]


def _opening(line: str) -> str:
    """Return how a paragraph begins, to find it again however it is composed."""
    return _plain(line.lstrip("- ")[: 2 * OPENING])[:OPENING]


def _plain(text: str) -> str:
    """Return a text as one line, as trafilatura composes its letters."""
    one = " ".join(text.split())
    return one if one.isascii() else clean_line(one, len(one))


def _report_of(body: HtmlElement, element: HtmlElement) -> HtmlElement | None:
    """Return the outermost article that an element is in; None if in none."""
    above = [one for one in _up_to(body, element) if one.tag == "article"]
    return above[-1] if above else None


def _kind(element: HtmlElement) -> tuple[str, ...]:
    """Return what a paragraph is and where, in the publisher's names."""
    above = element.getparent()
    return (element.get("class") or "", above.tag, above.get("class") or "")


def _is_own(element: HtmlElement, text: str, around: Collection[str]) -> bool:
    """Tell whether a paragraph is the report's own words.

    Args:
        element: of it.
        text: of it.
        around: names of what it is in, but those that what was found is in, too.
    """
    linked = sum(len(text_of(link)) for link in element.iter("a"))
    return linked <= MOST_LINKED * len(text) and not any(
        _OTHER.search(name) or _BESIDE.search(name) for name in around
    )


def _body_in(data: Sequence[dict[str, Any]], titles: Sequence[str]) -> str:
    """Return the text that structured data have of the page's own report."""
    own = [
        one
        for one in data
        if any(is_alike(str(one.get("headline") or ""), title) for title in titles)
    ]
    return max(
        map(body_of, own or (data if len(data) == 1 else [])), key=len, default=""
    )


def _has_much_more(body: str, text: str) -> bool:
    """Tell whether the structured data have the report, and the page a part of it."""
    if len(body) < max(MIN_FOUND, MUCH_MORE * len(text)):
        return False
    if len(text) < MIN_FOUND:
        return True
    found, theirs = (set(_WORD.findall(one.casefold())) for one in (text, body))
    return len(found & theirs) >= MIN_SAME * len(found)
