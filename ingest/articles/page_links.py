"""Where else a page says that its report is: its own address, and its next page."""

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from samestory.urls import absolute_url, host_of

MAX_LINKS: Final = 5_000
MAX_DIGITS: Final = 3  # less has the number of a page
_PAGE: Final = r"(?:page|pagina|página|seite|sida|side|strona|teil|part|p|s)"
_NUMBERED: Final = re.compile(
    rf"(?:[/,_.-]{_PAGE}?[/=_-]?(?P<number>\d{{1,2}}))(?=/?$|\.\w{{3,5}}$)",
    re.IGNORECASE,
)
_ASKED: Final = re.compile(
    rf"{_PAGE}(?:num(?:ber)?|no)?|paged|pg|start_?page", re.IGNORECASE
)
_WHOLE: Final = re.compile(
    r"/(?:komplettansicht|singlepage|single-page|full|all|print|onepage|view-all)/?$"
    r"|[?&](?:(?:single_?page|full|viewall|view_all|showall|all)=(?:1|true|yes|full)"
    rf"|{_PAGE}=(?:all|full)|seite=alle|view=(?:all|full|single))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What a page links to of its own report.

    Attributes:
        canonical: the address that it says to have; "" if it says none.
        whole: where it is on one page; "" for nowhere.
        following: its pages by number, as far as they are named.
    """

    canonical: str = ""
    whole: str = ""
    following: tuple[tuple[int, str], ...] = ()

    def after(self, number: int) -> str:
        """Return where the page behind this number is; "" if none is named."""
        return dict(self.following).get(number + 1, "")


NOWHERE: Final = Links()


def links_of(tree: etree._Element, url: str, first: str = "") -> Links:
    """Return what a page links to of its own report.

    Args:
        tree: of the page.
        url: where it came from at last.
        first: where the report's first page came from, if that is another.
    """
    base = absolute_url(next(iter(tree.xpath("//head/base/@href")), ""), url) or url
    own, whole = first or url, ""
    following: dict[int, str] = {}
    slug = PurePosixPath(urlsplit(own).path).stem
    for link in islice(tree.iter("a", "link"), MAX_LINKS):
        href = link.get("href") or ""
        if slug not in href and href[:1] != "?":
            continue  # of most, at little cost
        target = absolute_url(href, base)
        if not target or host_of(target) != host_of(url) or "comment" in target:
            continue
        stem, page = _without_number(target)
        if page > 1 and stem == _plain(own):
            following.setdefault(page, target)
        elif not whole and _is_whole(target, own):
            whole = target
    return Links(
        canonical=_canonical(tree, base),
        whole=whole,
        following=tuple(sorted(following.items())),
    )


def _canonical(tree: etree._Element, base: str) -> str:
    """Return the address that a page says to have; "" if it says none."""
    for link in islice(tree.iter("link"), MAX_LINKS):
        if "canonical" in (link.get("rel") or "").lower().split():
            return absolute_url(link.get("href") or "", base) or ""
    return ""


def _plain(url: str) -> str:
    """Return path and query of an address, to compare them with another's."""
    parts = urlsplit(url)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return f"{parts.path.rstrip('/')}?{query}"


def _without_number(url: str) -> tuple[str, int]:
    """Return (an address as `_plain` without the number of a page, that number)."""
    parts = urlsplit(url)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    numbers = [value for name, value in asked if _ASKED.fullmatch(name)]
    kept = sorted(one for one in asked if not _ASKED.fullmatch(one[0]))
    if len(numbers) == 1 and numbers[0].isdecimal() and len(numbers[0]) < MAX_DIGITS:
        return f"{parts.path.rstrip('/')}?{kept}", int(numbers[0])
    match = _NUMBERED.search(parts.path)
    if match is None:
        return "", 0
    path = parts.path[: match.start()] + parts.path[match.end() :]
    return f"{path.rstrip('/')}?{kept}", int(match["number"])


def _is_whole(url: str, own: str) -> bool:
    """Tell whether an address is that of a report on one page."""
    shortened = _WHOLE.sub("", url)
    return shortened != url and _plain(shortened) == _plain(own)
