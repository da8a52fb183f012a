"""A page's elements, parsed once, and made ready for the search of its text.

Publishers mark paragraphs as something else, put the report where others put what
surrounds it, and print another report below. What is meant is told by the paragraphs:
where most of them are, and which headline stands above.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HtmlEntity, HtmlProcessingInstruction

from samestory.scripts import SENTENCE_MARKS

# Never part of a text, and never what trafilatura finds it by.
_STRIPPED: Final = (
    *("script", "style", "svg", "noscript", "iframe", "template"),
    *("rt", "rp", "figcaption"),  # how characters are read; what a picture shows
)
_LAID_OUT: Final = ("nav", "ul", "h1", "h2", "article", "section", "table")
_OF_TABLES: Final = ("tbody", "tr", "td", "th", "caption", "thead", "tfoot")
_CHROME: Final = ("nav", "footer", "aside", "header")  # unless the report is in it
MIN_PARAGRAPH: Final = 40  # characters; shorter ones may be anything
MAX_PARAGRAPHS: Final = 5_000
FEW: Final = 1_000  # characters of all paragraphs: there may be others
MAX_HEADS: Final = 200  # headlines; each is compared with each, and a page has few
MOST: Final = 0.5  # of all paragraphs' text is in what then is the report
MIN_REPORT: Final = 250  # characters of paragraphs under a headline of its own
MIN_ALIKE: Final = 0.5  # of the words of a headline that are another's, too
_ENDS: Final = re.compile(rf"[.!?…！？\"”»’')\]{SENTENCE_MARKS}]\s*$")
_WORD: Final = re.compile(r"\w+")

Paragraphs = list[tuple[HtmlElement, str]]  # with their texts


def parsed(markup: str) -> HtmlElement | None:
    """Parse as lxml.html does, with the elements' class chosen in C (twice as fast)."""
    try:
        tree = etree.fromstring(markup.encode("utf-8", "ignore"), parser=parser())
    except (etree.XMLSyntaxError, ValueError):
        return None
    return tree if tree is not None and len(tree) else None


def parser() -> etree.HTMLParser:
    """Return a parser of HTML that gives lxml.html's elements."""
    made = etree.HTMLParser(
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
    made.set_element_class_lookup(lookup)
    return made


def made_ready(tree: HtmlElement) -> Paragraphs:
    """Change a page's tree so that its report is what it looks like.

    Returns:
        The paragraphs of its body that are long enough to be a report's.
    """
    etree.strip_elements(tree, *_STRIPPED, with_tail=False)
    body = tree.find("body")
    if body is None:
        return []
    _open_layout_tables(body)
    found = list(_paragraphs(body))
    if sum(len(text) for _, text in found) < FEW:
        _mark_paragraphs(body)
        found = list(_paragraphs(body))
    _free_report(body, found)
    _cut_other_reports(tree, body)
    return [(one, text) for one, text in found if body in one.iterancestors()]


def _open_layout_tables(body: HtmlElement) -> None:
    """Make blocks of tables that lay a page out: a cell of theirs holds a report.

    One with headings of its columns is data, however much stands in it.
    """
    for table in list(body.iter("table")):
        own = [one for one in table.iter(*_OF_TABLES) if _table_of(one) is table]
        is_data = any(one.tag in {"th", "caption", "thead"} for one in own)
        if is_data or not any(_lays_out(one) for one in own if one.tag == "td"):
            continue
        for element in (table, *own):
            element.tag = "div"


def _table_of(element: HtmlElement) -> HtmlElement | None:
    return next(element.iterancestors("table"), None)


def _lays_out(cell: HtmlElement) -> bool:
    if next(cell.iter(*_LAID_OUT), None) is not None:
        return True
    return any(len(text_of(one)) >= MIN_PARAGRAPH for one in cell.iter("p", "div"))


def _paragraphs(body: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """Yield the paragraphs that are long enough to be a report's, with their text."""
    for number, element in enumerate(body.iter("p")):
        if number >= MAX_PARAGRAPHS:
            return
        text = text_of(element)
        if len(text) >= MIN_PARAGRAPH:
            yield element, text


def text_of(element: HtmlElement) -> str:
    """Return an element's text as one line."""
    return " ".join("".join(element.itertext()).split())


def _mark_paragraphs(body: HtmlElement) -> None:
    """Make paragraphs of spans that stand side by side, each with whole sentences."""
    beside: dict[HtmlElement, list[HtmlElement]] = defaultdict(list)
    for element in body.iter("span"):
        if not (element.tail or "").strip():
            beside[element.getparent()].append(element)
    for above, spans in beside.items():
        texts = {one: text_of(one) for one in spans if len(spans) > 1}
        whole = {
            one: text
            for one, text in texts.items()
            if len(text) >= MIN_PARAGRAPH and _ENDS.search(text)
        }
        are_most = sum(map(len, whole.values())) > MOST * len(text_of(above))
        for element in whole if len(whole) > 1 and are_most else ():
            element.tag = "p"


def _free_report(body: HtmlElement, found: Paragraphs) -> None:
    """Make no more than a block of what usually surrounds a report and holds this one.

    What really surrounds it is taken away.
    """
    sizes = {element: len(text) for element, text in found}
    total = sum(sizes.values())
    for element in list(body.iter(*_CHROME)):
        inside = sum(sizes.get(one, 0) for one in element.iter("p"))
        if inside > MOST * total and total >= MIN_REPORT:
            element.tag = "div"
            for name in ("class", "id", "role"):
                element.attrib.pop(name, None)
        elif element.tag in {"nav", "footer"}:
            _remove(element)


def _cut_other_reports(tree: HtmlElement, body: HtmlElement) -> None:
    """Take away reports that stand below the page's own, each with its headline.

    Of the same shape as the page's own, told by the page's title. The posts of a live
    blog have no headline that is the page's; the parts of a report stand inside it.
    """
    title = next((text_of(one) for one in tree.iterfind("head/title")), "")
    heads = list(body.iter("h1"))
    if len(heads) == 1:
        heads = []
    heads += [next(one.iter("h2"), None) for one in body.iter("article")]
    if len(heads) > MAX_HEADS:
        return
    scopes = {_scope(head, heads): text_of(head) for head in heads if head is not None}
    own = [one for one, text in scopes.items() if is_alike(text, title)]
    if len(own) != 1:
        return
    shape, is_below = _shape(own[0]), False
    for scope in scopes:
        if is_below and _shape(scope) == shape and _size(scope) >= MIN_REPORT:
            _remove(scope)
        is_below |= scope is own[0]


def _scope(head: HtmlElement, heads: list[HtmlElement]) -> HtmlElement:
    """Return the largest element around a headline that has no other."""
    scope = head
    others = set(heads) - {head}
    while scope.tag not in {"article", "body"}:
        above = scope.getparent()
        if above is None or others & set(above.iter("h1", "h2")):
            break
        scope = above
    return scope


def _shape(element: HtmlElement) -> tuple[str, str]:
    return element.tag, element.get("class") or ""


def _size(element: HtmlElement) -> int:
    return sum(len(text) for _, text in _paragraphs(element))


def is_alike(one: str, other: str) -> bool:
    """Tell whether a headline's words are mostly those of the page's title."""
    words = set(_WORD.findall(one.casefold()))
    shared = words & set(_WORD.findall(other.casefold()))
    return bool(words) and len(shared) >= MIN_ALIKE * len(words)


def _remove(element: HtmlElement) -> None:
    """Take an element away, not what stands behind it."""
    element.drop_tree()
