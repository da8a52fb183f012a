"""What a page's structured data say of its article (schema.org, as JSON-LD)."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from lxml import etree

from samestory.cleaning import clean_text
from samestory.ingest.text.markup import plain_text

MAX_DATA: Final = 500_000  # characters of a block that is read
MAX_ITEMS: Final = 1_000
_ARTICLE: Final = re.compile(r"\w{0,20}(?:Article|BlogPosting|Report)")
_MARKUP: Final = re.compile(r"<\w|&(?:lt|amp|nbsp|quot|#)")


def articles(tree: etree._Element) -> Iterator[dict[str, Any]]:
    """Yield the articles that a page's data name, also within a `@graph` or a page."""
    for script in tree.iter("script"):
        text = script.text or ""
        is_data = (script.get("type") or "").strip().lower() == "application/ld+json"
        if is_data and len(text) <= MAX_DATA:
            try:
                data: Any = json.loads(text, strict=False)
            except (ValueError, RecursionError):
                continue
            yield from filter(_is_article, islice(_items(data), MAX_ITEMS))


def _items(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the things of a block: alone, in a list, in a graph, as a page's own."""
    if isinstance(data, list):
        for one in data:
            if isinstance(one, dict):
                yield from _items(one)
    elif isinstance(data, dict):
        yield data
        for inner in (data.get("@graph"), data.get("mainEntity")):
            if isinstance(inner, dict | list):
                yield from _items(inner)


def _is_article(one: dict[str, Any]) -> bool:
    kinds = one.get("@type")
    several = kinds if isinstance(kinds, list) else [kinds]
    return any(_ARTICLE.fullmatch(str(kind)) for kind in several)


def body_of(article: dict[str, Any]) -> str:
    """Return an article's text, a paragraph a line; "" if its data have none."""
    body = article.get("articleBody")
    if isinstance(body, list):
        body = "\n".join(str(part) for part in body)
    if not isinstance(body, str):
        return ""
    plain = plain_text(body) if _MARKUP.search(body) else body
    lines = (" ".join(line.split()) for line in clean_text(plain).splitlines())
    return "\n".join(line for line in lines if line)


def is_paid(article: dict[str, Any]) -> bool:
    """Tell whether an article, or a part of it, is said to be for subscribers."""
    parts = article.get("hasPart")
    several = parts if isinstance(parts, list) else [parts]
    said = [article, *(part for part in several if isinstance(part, dict))]
    free = (str(one.get("isAccessibleForFree", "")).lower() for one in said)
    return any(one in {"false", "no", "http://schema.org/false"} for one in free)
