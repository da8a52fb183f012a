"""Whose knowledge a report tells: its own, another outlet's, or what a post said.

"Three ministers met in secret, the Daily Arc reported" is a voice, but no second
source: whoever prints it knows what the Daily Arc knows. So is what two papers both
read in one public post. Told by the opening, in English and, where the report is in
another language that citing.toml knows, in that; a report that says that it asked
somebody knows itself.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from samestory.credits import AGENCIES, CITED, OUTLET_NAME, looks_like_outlet
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
LEAD: Final = 250  # in which a tweet is what a report is about
READ: Final = 6_000  # in which a report says that it knows itself
MOST: Final = 5  # names, or passages that may hold one, that are kept
CONFIRMING: Final = 2  # voices of an event that may be confirmed
POST: Final = "a post on "
STANCE: Final = "!"  # begins a line that is kept: no name does
_SENTENCE: Final = re.compile(f"[.!?\u2026](?:\\s|$)|[{SENTENCE_MARKS}\n]")  # its end
_HOUSE: Final = (
    r"(?: (?:newspaper|daily|weekly|magazine|broadcaster|news agency|news site"
    r"|website|channel))"
)
_REPORTED: Final = re.compile(
    # With who writes there.
    rf"(?P<outlet>{OUTLET_NAME}(?: [A-Z][\w.'\u2019-]+){{0,2}})"
    rf"(?:{_HOUSE}? (?:has |had |first |earlier |exclusively ){{0,2}}report(?:ed|s)\b"
    # Of itself: its results, what it will do.
    rf"(?! (?:\w+ ){{0,3}}(?:profits?|loss(?:es)?|revenues?|earnings|sales)\b)"
    rf"|{_HOUSE} (?:said|wrote)\b(?! (?:that )?its?\b))"
)
# Who says so may be anybody: it counts of what looks like an outlet.
_SAID: Final = re.compile(
    rf"(?P<outlet>{OUTLET_NAME}) (?:has |had |first |exclusively )?"
    r"(?:says|said|writes|wrote|reveal(?:s|ed)|understands|learn(?:ed|t|s))\b"
    r"(?! (?:that )?its?\b)"
    r"|[,\"'\u2019\u201d] (?:says|said|reports|reported|writes|wrote)"
    rf" (?P<after>{OUTLET_NAME})(?=$|[.,;:!?]| on\b|\n| - )"
    rf"|\((?P<framed>{OUTLET_NAME})\)"
)
# Said there, and not of it: no ban on it, no statement on its sale.
_POSTED: Final = (
    r"\b(?:(?:posted|wrote|said|announced)"
    r"(?: (?:it|this|that|so|late|early|today|earlier|(?:on )?\w{2,6}day|morning|night"
    r"|afternoon|evening|in an? (?:\w+ )?(?:[Pp]ost|message|statement|video))){0,3} on"
    r"|(?:post|message|statement|video)s?(?: posted| published| shared)? on|took to) "
    r"(?:(?:his|her|their|its|the|social|media|messaging|platform|site|network|app) )"
    r"{0,4}"
)
_NOT_OF_IT: Final = (
    r"(?! (?:ban|sale|deal|law|bill|case|founder|owner|users?|ruling)\b)"
)
_TWEETED: Final = r"(?<![Bb]ird )(?<![Bb]irds )\btweeted\b|\bin a tweet\b"
_OTHERS: Final = frozenset({"Agency", "Press", "Mr", "Mrs", "Ms", "Dr"})  # of no outlet
# Before Mail, Post, Standard: who carries letters, and other things of such a name.
_NO_HOUSE: Final = frozenset(
    "Royal Canada Deutsche Australia India Swiss Border Gold Legal Trading".split()  # noqa: SIM905
)
_ASKED: Final = re.compile(
    r"\b(?:told (?:us|reporters|journalists)|confirmed to|independently|our own"
    r"|our (?:reporter|correspondent)s?|(?:has|have) seen|seen by|in an interview"
    r"|reviewed by"
    r"|(?:officials?|spokes\w+|sources?|witness\w*) (?:said|say|confirmed))\b"
)


class Told(NamedTuple):
    """A report of an event.

    Attributes:
        outlet: its publisher.
        voice: whose it is; "" for hearsay.
        relays: what it passes on.
        stance: whether it tells or denies; reports of one stance alone confirm.
        at: its own time, seconds since the epoch.
        is_void: nobody knows it: its outlet took it back.
    """

    outlet: str
    voice: str
    relays: tuple[str, ...]
    stance: str = ""
    at: float = 0.0
    is_void: bool = False


def relays_of(
    text: str, outlet: str, lang: str | None, title: str = ""
) -> tuple[str, ...]:
    """Return whose knowledge a report passes on, as written; () for its own.

    Names that follow "citing" or stand before "reported", of outlets or of others: an
    outlet that is in the event is known there, see `second_source`. Or a public post.
    In other languages than English passages that may hold such a name, after PASSAGE.

    Args:
        text: of the report.
        outlet: its name or domain.
        lang: of the report, ISO 639-1; None if nobody could tell.
        title: of the report; read in English.
    """
    its = Citing.of(lang)
    text = text[:READ] if its or not title else f"{title}.\n{text[:READ]}"
    text = unicodedata.normalize("NFKC", text) if its else text
    opening = text[: OPENING + (0 if its else len(title))]
    hits = [*_REPORTED.finditer(opening), *CITED.finditer(opening)]
    found = [(hit.start(), _without_article(hit["outlet"])) for hit in hits]
    found += _said_by(opening)
    posts = _posts_in(opening, LEAD + (0 if its else len(title)))
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


def _posts_in(opening: str, lead: int) -> list[tuple[int, str]]:
    """Return where a public post is quoted, and its platform; a tweet in the lead."""
    found = _posted().search(opening)
    if found is None or not (found[1] or found.start() < lead):
        return []
    return [(found.start(), found[1] or "X")]


def _said_by(opening: str) -> Iterator[tuple[int, str]]:
    """Yield where outlets are named beside words that anybody may be named beside."""
    for hit in _SAID.finditer(opening):
        name = _without_article(hit[hit.lastgroup or 0])
        is_credit = hit.lastgroup == "framed" and name.lower() in AGENCIES
        if not is_credit and _is_outlet(name):
            yield hit.start(), name


def _is_outlet(name: str) -> bool:
    """Tell whether a name is that of a house alone, of which anybody would say so."""
    *first, last = name.split()
    looks = (
        bool(first)
        and not {first[0], last} & _OTHERS
        and first[-1] not in _NO_HOUSE
        and looks_like_outlet(last)
    )
    return "/" not in name and (looks or _plain(name) in _names_of_houses(name))


@lru_cache(maxsize=4_096)
def _names_of_houses(name: str) -> frozenset[str]:
    """Return the names of the houses that a name names, as `_plain` has them."""
    of = (one for family in families_in(name) for one in names_of(family))
    return frozenset(map(_plain, of))


@cache
def _posted() -> re.Pattern[str]:
    """Return what finds a public post, its platform as the only group; X without."""
    return re.compile(f"{_POSTED}{any_platform()}{_NOT_OF_IT}|{_TWEETED}")


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
    """Return a house's name alone: "the BBC's Ada Roe reports" is the BBC's report."""
    bare = re.sub(r"^[Tt]he ", "", name)
    return re.split(r"['\u2019]s? ", bare)[0].rstrip(".'\u2019")


def _is_of(name: str, outlet: str) -> bool:
    """Tell whether a name is an outlet's, or a passage holds one of its names."""
    if name.startswith(PASSAGE):
        return stands_in(outlet, name.removeprefix(PASSAGE))
    return _plain(name) in _called(outlet)


def kept(relays: Sequence[str], stance: str) -> str:
    """Return what is kept of a report: what it relays and its stance, one a line."""
    return "\n".join([f"{STANCE}{stance}", *relays] if stance else relays)


def relays_in(kept: str) -> tuple[str, ...]:
    """Return what a report relays, of what is kept of it."""
    return tuple(x for x in kept.split("\n") if x and not x.startswith(STANCE))


def stance_in(kept: str) -> str:
    """Return a report's stance, of what is kept of it; "" if it tells a fact."""
    first = kept.partition("\n")[0]
    return first.removeprefix(STANCE) if first.startswith(STANCE) else ""


def passed_on(reports: Sequence[Told]) -> list[str]:
    """Return whose knowledge each report of an event passes on; "" for its own.

    An outlet that is in the event, as it is called there; another by its family's name
    or as written, or a post. Other names, of people and ministries, are none.
    """
    here = _by_name(reports)
    return [_passed_on(report, here)[1] for report in reports]


def second_source(reports: Sequence[Told]) -> int | None:
    """Return which report is the first to know what another knows; None if none is.

    By itself, and of the same stance: a denial confirms a denial alone.

    Args:
        reports: of an event, the earliest first.
    """
    known = _sources(reports, _by_name(reports))
    first: dict[str, str] = {}
    for at, (report, source) in enumerate(zip(reports, known, strict=True)):
        if source and first.setdefault(report.stance, source) != source:
            return at
    return None


def _by_name(reports: Sequence[Told]) -> dict[str, Told]:
    """Return the first report of each outlet by its names; {} if none passes on."""
    if not any(report.relays for report in reports):
        return {}
    here: dict[str, Told] = {}
    for report in reports:
        for name in _called(report.outlet) if report.voice else ():
            here.setdefault(name, report)
    return here


def _sources(reports: Sequence[Told], here: Mapping[str, Told]) -> list[str]:
    """Return whose knowledge each report tells: a voice's, an outlet's, or a post's.

    "" for nobody's.
    """
    known: dict[int, str] = {}  # by the identity of a report
    for report in reports:
        path = {id(report): report}
        at, source = report, None
        while source is None:
            knows = at.voice and not at.is_void
            other, name = _passed_on(at, here) if knows else (None, "")
            if other is None:
                source = "" if at.is_void else _plain(name or at.voice)
            elif id(other) in known:
                source = known[id(other)]
            elif id(other) in path:  # each passes on the other
                ring = [*path.values()][[*path].index(id(other)) :]
                source = min(_plain(one.voice) for one in ring)
            else:
                path[id(other)] = at = other
        known |= dict.fromkeys(path, source)
    return [known[id(report)] for report in reports]


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
