"""HTML -> the article's text. The only file that imports trafilatura.

trafilatura with `favor_precision` and its fallbacks finds the text best (feeds.md
section 2), and spends most of its time on what surrounds it. So the page is narrowed
first to the element that holds nearly all paragraphs, and the quick setting reads that;
a result that is doubtful is discarded, and the whole page is read as trafilatura likes.
On 145 pages with a gold text this gave F1 .957, as the whole page does, in 0.57 of its
time (docs/performance.md).
"""

import copy
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction

# Never part of a text, and never what trafilatura finds it by.
STRIPPED: Final = ("script", "style", "svg", "noscript", "iframe", "nav", "footer")
MIN_PARAGRAPH: Final = 40  # characters; shorter ones may be anything
MIN_PARAGRAPHS: Final = 400  # characters of all paragraphs: less is no article
MAX_PARAGRAPHS: Final = 5_000
MOST: Final = 0.9  # of the paragraphs' text is in the element that is taken
LEAST_OF_PAGE: Final = (
    0.4  # of the unlinked text is in paragraphs; else it is elsewhere
)
MIN_FOUND: Final = 250  # characters of a quick result that is believed
MIN_SHARE: Final = 0.5  # of the paragraphs' text in it
_IN_LISTS: Final = ("table", "tbody", "tr", "td", "form", "ul", "li", "ol", "dl")
_OTHER: Final = re.compile(
    r"comment|disqus|respon[ds]|repl(?:y|ies)|related|recommend|newsletter|cookie"
    r"|consent",
    re.IGNORECASE,
)
_LENGTH: Final = etree.XPath("string-length(normalize-space(.))")
_EMPTY: Final = b"<html><body><article></article></body></html>"


def extract_article(markup: str, url: str) -> str:
    """Return an article's text, a paragraph a line; "" if there is none.

    Args:
        markup: the page, decoded.
        url: where it came from.
    """
    from trafilatura import extract  # noqa: PLC0415  (226 ms, paid in workers only)
    from trafilatura.settings import Extractor  # noqa: PLC0415

    tree = _parsed(markup)
    if tree is None:
        return ""
    whole: dict[str, Any] = {
        "output_format": "txt",
        "precision": True,
        "comments": False,
        "with_metadata": False,
        "url": url,
    }
    narrowed, size = _narrowed(tree)
    if narrowed is not None:
        text = extract(narrowed, options=Extractor(fast=True, **whole)) or ""
        if len(text) >= max(MIN_FOUND, MIN_SHARE * size):
            return text
    return extract(tree, options=Extractor(**whole)) or ""


def _parsed(markup: str) -> HtmlElement | None:
    """Parse as lxml.html does, with the elements' class chosen in C (twice as fast)."""
    from trafilatura.utils import repair_faulty_html  # noqa: PLC0415

    mended = repair_faulty_html(markup, markup[:50].lower())
    try:
        tree = etree.fromstring(mended.encode("utf-8", "ignore"), parser=_parser())
    except (etree.XMLSyntaxError, ValueError):
        return None
    if tree is None or not len(tree):
        return None
    etree.strip_elements(tree, *STRIPPED, with_tail=False)
    return tree


def _parser() -> etree.HTMLParser:
    parser = etree.HTMLParser(
        collect_ids=False,
        default_doctype=False,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
    )
    lookup = etree.ElementDefaultClassLookup(
        element=HtmlElement,
        comment=HtmlComment,
        pi=HtmlProcessingInstruction,
        entity=HtmlEntity,
    )
    parser.set_element_class_lookup(lookup)
    return parser


def _narrowed(tree: HtmlElement) -> tuple[HtmlElement | None, int]:
    """Return a page of the element with most paragraphs, and these' characters.

    None where no element but the body has them, where the text is not in paragraphs, or
    where the paragraphs may be comments, teasers or a consent dialogue.
    """
    body = tree.find("body")
    if body is None:
        return None, 0
    weights, total = _weights(body)
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
    is_other = any(
        _OTHER.search(f"{e.get('id') or ''} {e.get('class') or ''}") for e in above
    )
    if holder is body or total < LEAST_OF_PAGE * unlinked or is_other:
        return None, total
    article = next((e for e in above if _is_article(e)), holder)
    return _page_of(article), total


def _weights(body: HtmlElement) -> tuple[dict[HtmlElement, int], int]:
    """Return each element's characters in paragraphs below it, and the sum of all."""
    weights: dict[HtmlElement, int] = defaultdict(int)
    total = 0
    for number, paragraph in enumerate(body.iter("p")):
        size = len(" ".join("".join(paragraph.itertext()).split()))
        if number >= MAX_PARAGRAPHS:
            return weights, 0
        if size >= MIN_PARAGRAPH:
            total += size
            for element in _up_to(body, paragraph.getparent()):
                weights[element] += size
    return weights, total


def _up_to(body: HtmlElement, element: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and those around it, inside the body."""
    while element is not None and element is not body:
        yield element
        element = element.getparent()


def _is_article(element: HtmlElement) -> bool:
    return bool(element.tag == "article" or element.get("itemprop") == "articleBody")


def _page_of(element: HtmlElement) -> HtmlElement:
    """Return a page that holds a copy of the element alone, inside an <article>."""
    page = etree.fromstring(_EMPTY, parser=_parser())
    taken = copy.copy(element)  # lxml's copies are deep
    taken.tail = None
    if element.tag == "article" or element.find(".//article") is not None:
        page[0].replace(page[0][0], taken)
    else:
        page[0][0].append(taken)
    return page
