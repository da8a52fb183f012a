"""Whose knowledge a report tells: its own, another outlet's, or what a post said.

"Three ministers met in secret, the Daily Arc reported" is a voice, but no second
source: whoever prints it knows what the Daily Arc knows. So is what two papers both
read in one public post. Told by the opening, in English and, where the report is in
another language that citing.toml knows, in that; a report that says that it asked
somebody knows itself.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from samestory.credits import CITED, OUTLET_NAME, looks_like_outlet
from samestory.index.copies.citing import PASSAGE, Citing, any_platform, platform_named
from samestory.index.copies.outlet_names import stands_in
from samestory.publishers import (
    families_in,
    family_of_name,
    names_of,
    outlet_named,
)
from samestory.scripts import SENTENCE_MARKS

OPENING: Final = 600  # characters in which it is said whose knowledge it is
READ: Final = 6_000  # in which a report says that it knows itself
MOST: Final = 5  # names, or passages that may hold one, that are kept
CONFIRMING: Final = 2  # voices of an event that may be confirmed
POST: Final = "a post on "
_SENTENCE: Final = re.compile(f"[.!?\u2026](?:\\s|$)|[{SENTENCE_MARKS}\n]")  # its end
_HOUSE: Final = (
    r"(?: (?:newspaper|daily|weekly|magazine|broadcaster|news agency|news site"
    r"|website|channel))"
)
_REPORTED: Final = re.compile(
    rf"(?P<outlet>{OUTLET_NAME})"
    rf"(?:{_HOUSE}? (?:has |had |first |earlier ){{0,2}}reported\b"
    rf"|{_HOUSE} (?:said|wrote|reports)\b)"
)
_POSTED: Final = (
    r"\b(?:posted|wrote|said|announced|(?:post|message|statement|video)s?(?: posted)?)"
    r"(?: [\w']+){0,3} on "
)
_ASKED: Final = re.compile(
    r"\b(?:told (?:us|reporters|journalists)|confirmed to|independently|our own"
    r"|our (?:reporter|correspondent)s?|(?:has|have) seen|seen by|in an interview"
    r"|reviewed by"
    r"|(?:officials?|spokes\w+|sources?|witness\w*) (?:said|say|confirmed))\b"
)


class Told(NamedTuple):
    """A report of an event: its outlet, its voice, "" for hearsay, what it relays."""

    outlet: str
    voice: str
    relays: tuple[str, ...]


def relays_of(text: str, outlet: str, lang: str | None) -> tuple[str, ...]:
    """Return whose knowledge a report passes on, as written; () for its own.

    Names that follow "citing" or stand before "reported", of outlets or of others: an
    outlet that is in the event is known there, see `second_source`. Or a public post.
    In other languages than English passages that may hold such a name, after PASSAGE.

    Args:
        text: of the report.
        outlet: its name or domain.
        lang: of the report, ISO 639-1; None if nobody could tell.
    """
    its = Citing.of(lang)
    text = unicodedata.normalize("NFKC", text[:READ]) if its else text[:READ]
    opening = text[:OPENING]
    hits = [*_REPORTED.finditer(opening), *CITED.finditer(opening)]
    found = [(hit.start(), _without_article(hit["outlet"])) for hit in hits]
    posts = [(hit.start(), hit[1]) for hit in (_posted().search(opening),) if hit]
    if its:
        found += its.cited(opening)
        posts += [post for post in (its.platform(opening),) if post]
    if not (found or posts) or _ASKED.search(text) or (its and its.asked.search(text)):
        return ()
    found.sort()
    found += [(at, f"{POST}{platform_named(name)}") for at, name in posts[:1]]
    own = [at for at, name in found if _is_of(name, outlet)]
    if own:
        found = _beside(own, found, opening, outlet) if its else []
    names = [name for _, name in found]
    names.sort(key=lambda name: name.startswith(PASSAGE))  # names that are known first
    return tuple(dict.fromkeys(names))[:MOST]


@cache
def _posted() -> re.Pattern[str]:
    """Return what finds a public post, with its platform as the only group."""
    return re.compile(_POSTED + any_platform())


def _beside(
    own: Sequence[int], found: Sequence[tuple[int, str]], opening: str, outlet: str
) -> list[tuple[int, str]]:
    """Return whom an outlet cites in the sentence in which it names itself.

    "BBC reports, says TASS" and "TASS reports, citing the BBC" are of the BBC; who
    asked somebody, and tells in another sentence what others say, knows itself.
    """
    return [
        (at, name)
        for at, name in found
        if not _is_of(name, outlet)
        and any(
            not _SENTENCE.search(opening[min(at, one) : max(at, one)]) for one in own
        )
    ]


def _without_article(name: str) -> str:
    return re.sub(r"^[Tt]he ", "", name).rstrip(".'\u2019")


def _is_of(name: str, outlet: str) -> bool:
    """Tell whether a name is an outlet's, or a passage holds one of its names."""
    if name.startswith(PASSAGE):
        return stands_in(outlet, name.removeprefix(PASSAGE))
    return _plain(name) in _called(outlet)


def relays_in(kept: str) -> tuple[str, ...]:
    """Return names that are kept one a line."""
    return tuple(kept.split("\n")) if kept else ()


def passed_on(reports: Sequence[Told]) -> list[str]:
    """Return whose knowledge each report of an event passes on; "" for its own.

    An outlet that is in the event, as it is called there; another by its family's name
    or as written, or a post. Other names, of people and ministries, are none.
    """
    here = _by_name(reports)
    return [_passed_on(report, here)[1] for report in reports]


def second_source(reports: Sequence[Told]) -> int | None:
    """Return which report is the first of other knowledge than the first; None if none.

    Args:
        reports: of an event, the earliest first.
    """
    here = _by_name(reports)
    known = [_source(report, here) for report in reports]
    told = [at for at, source in enumerate(known) if source]
    return next((at for at in told if known[at] != known[told[0]]), None)


def _by_name(reports: Sequence[Told]) -> dict[str, Told]:
    """Return the first report of each outlet by its names; {} if none passes on."""
    if not any(report.relays for report in reports):
        return {}
    here: dict[str, Told] = {}
    for report in reports:
        for name in _called(report.outlet) if report.voice else ():
            here.setdefault(name, report)
    return here


def _source(report: Told, here: Mapping[str, Told]) -> str:
    """Return whose knowledge a report tells: a voice's, an outlet's, or a post's."""
    seen = [report]
    while seen[-1].voice:
        other, name = _passed_on(seen[-1], here)
        if other is None:
            return _plain(name or seen[-1].voice)
        if other in seen:  # each passes on the other
            return min(_plain(one.voice) for one in seen[seen.index(other) :])
        seen.append(other)
    return ""


def _passed_on(report: Told, here: Mapping[str, Told]) -> tuple[Told | None, str]:
    """Return the report that another passes on, if it is there, and its name."""
    for name in report.relays:
        if name.startswith(PASSAGE):
            reports = (one for one in _distinct(here) if _is_of(name, one.outlet))
            if found := next(reports, None):
                return found, found.outlet
            continue
        if name.startswith(POST):
            return None, f"{POST}{platform_named(name.removeprefix(POST))}"
        if one := here.get(_plain(name)):
            return one, one.outlet
        if families_in(name) or looks_like_outlet(name):
            return None, family_of_name(name) or name
    return None, ""


def _distinct(here: Mapping[str, Told]) -> list[Told]:
    """Return the reports of a mapping that has each by several names."""
    return list({id(one): one for one in here.values()}.values())


@lru_cache(maxsize=4_096)
def _called(outlet: str) -> frozenset[str]:
    """Return the names of an outlet, as `_plain` has them."""
    names = (outlet, *names_of(outlet_named(outlet)))
    labels = [name.removeprefix("www.").split(".")[0] for name in names]
    return frozenset(map(_plain, (*names, *labels)))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold().removeprefix("the "))
