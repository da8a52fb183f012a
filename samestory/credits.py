"""Who is credited in a report: its byline, the agencies and outlets it quotes.

Kept as data beside the text, which stays as it is. Patterns are English; agencies are
found in other scripts, too, where their names stand framed, as datelines have them.
"""

import re
from dataclasses import dataclass
from typing import Final

from samestory.publishers import families_in

HEAD: Final = 400  # characters in which a byline or dateline stands
TAIL: Final = 600  # characters in which an agency's line or a correction stands
MAX_CREDITS: Final = 8
MAX_NOTE: Final = 500  # characters of a correction that are kept
AGENCIES: Final = {  # as written -> name
    "reuters": "Reuters",
    "associated press": "AP",
    "ap": "AP",
    "afp": "AFP",
    "agence france-presse": "AFP",
    "dpa": "dpa",
    "efe": "EFE",
    "ansa": "ANSA",
    "interfax": "Interfax",
    "tass": "TASS",
    "ria novosti": "RIA Novosti",
    "china news service": "China News Service",
    "xinhua": "Xinhua",
    "jiji press": "Jiji Press",
    "kyodo": "Kyodo",
    "kyodo news": "Kyodo",
    "yonhap": "Yonhap",
    "anadolu": "Anadolu",
    "anadolu agency": "Anadolu",
    "press trust of india": "Press Trust of India",
    "pti": "Press Trust of India",
    "ani": "ANI",
    "ians": "IANS",
    "bloomberg": "Bloomberg",
    "upi": "UPI",
    "press association": "PA Media",
    "pa media": "PA Media",
    "canadian press": "Canadian Press",
    "aap": "AAP",
    "belga": "Belga",
    "apa": "APA",
    "ntb": "NTB",
    "tt": "TT",
    "ritzau": "Ritzau",
    "lusa": "Lusa",
    "irna": "IRNA",
    "wafa": "WAFA",
    "ukrinform": "Ukrinform",
}
_SHORT: Final = 4  # letters of a name that is a word elsewhere: see `_is_name`
_AS_WRITTEN: Final = frozenset({"dpa", "Efe", "Ansa", "Tass"})
# One of these stands in each text that names an agency.
_SHORT_NAMES: Final = (
    *(name.upper() for name in AGENCIES if len(name) <= _SHORT),
    *_AS_WRITTEN,
)
_LONG_NAMES: Final = tuple(name for name in AGENCIES if len(name) > _SHORT)
_NAMES: Final = "|".join(sorted(map(re.escape, AGENCIES), key=len, reverse=True))
# Short names are words elsewhere: they count in capitals alone.
_AGENCY: Final = rf"(?P<agency>(?i:{_NAMES}))"
_IN_BRACKETS: Final = re.compile(rf"\(\s*{_AGENCY}\s*(?:[/,;+&][\w\s.]{{2,36}})?\)")
_DATELINE: Final = re.compile(
    rf"^[A-Z\u00c0-\u017e][^.\n]{{0,60}}?[\s(]{_AGENCY}\)?\s*[\u2013\u2014-]\s",
    re.MULTILINE,
)
_AFTER_DASH: Final = re.compile(  # "GENEVA, March 3 \u2014 AP Ministers"
    rf"^[A-Z][A-Z .]{{2,}}[^.\n]{{0,40}}[\u2013\u2014-]\s*{_AGENCY}\s+(?=[A-Z])",
    re.MULTILINE,
)
_LEADING: Final = re.compile(rf"^{_AGENCY}\s*[\u2013\u2014:-]\s", re.MULTILINE)
_WITH: Final = re.compile(
    r"\b(?i:source|sources|with|from|by|via|quelle|fuente|agencies)\b(?:\s*:)?\s+"
    rf"{_AGENCY}(?=\s*(?:[.,;/)]|$))",
    re.MULTILINE,
)
_CONTRIBUTED: Final = re.compile(rf"\b{_AGENCY}\b(?i:[^.\n]{{0,40}} contributed)")
_REPORTED: Final = re.compile(rf"(?i:reporting by)\s+{_AGENCY}\b")
_ANYWHERE: Final = re.compile(rf"\b{_AGENCY}\b")
# Where other scripts name the agency: framed, before "sent by wire", behind the dash of
# a dateline, after "source".
_FRAMED: Final = re.compile(
    r"[(\uff08\[\uff3b\u3010\u3014/]([^()\uff08\uff09\[\]\uff3b\uff3d\u3010\u3011\u3014\u3015/\n]{2,30})"
    r"[)\uff09\]\uff3d\u3011\u3015/]"
)
_WIRED: Final = re.compile(
    r"^([^\n\u3002\uff0c,]{2,40}?)\u65e5?[\u7535\u96fb](?=[\s(\uff08\u3010]|$)",
    re.MULTILINE,
)
_JAPANESE: Final = re.compile(r"\u3010[^\u3010\u3011\n]{0,20}?(共同|時事)\u3011")
_DASHED: Final = re.compile(
    r"^[^\n.]{2,60}?[\u2014\u2013-] ?([^\n.,\u2013\u2014-]{2,24})\. ", re.MULTILINE
)
_NAMED_SOURCE: Final = re.compile(
    r"(?:来源|來源|出典|источник|джерело|المصدر|منبع|מקור|출처|स्रोत|ที่มา)\s?[:\uff1a]\s?([^\n]{2,40})",
    re.IGNORECASE,
)
_DATELINE_END: Final = 160  # characters
_IN_JAPANESE: Final = {"共同": "Kyodo", "時事": "Jiji Press"}  # words elsewhere
_ABROAD: Final = frozenset(AGENCIES.values())
_CAPITAL: Final = r"[A-Z](?:[\w'\u2019&/-]|\.(?=\w)){1,20}"
OUTLET_NAME: Final = rf"(?:[Tt]he )?{_CAPITAL}(?:\s+(?:of\s+)?{_CAPITAL}){{0,3}}"
CITED: Final = re.compile(
    r"\b(?:citing|cited by|according to|reported by|told|quoted by"
    rf"|a report (?:by|in|from))\s+(?P<outlet>{OUTLET_NAME})"
)
# An outlet that is quoted looks like one; "according to Mr Smith" names a person.
_OUTLET: Final = re.compile(
    r"(?:\b(?:Times|Post|Journal|News|Herald|Tribune|Guardian|Telegraph|Mail|Mirror|Sun"
    r"|Standard|Gazette|Chronicle|Star|Globe|Mirror|Monde|Figaro|Spiegel|Zeitung|Bild"
    r"|Welt|Pa[ií]s|Mundo|Repubblica|Sera|Stampa|Haaretz|Jazeera|Arabiya|Pravda"
    r"|Independent|Economist|Politico|Axios|Bloomberg|Reuters|Kommersant|Meduza|Atlantic"
    r"|Press|Agency|Radio|Television|TV|Newsweek|Broadcasting)\b"
    r"|^(?:[Tt]he )?(?:FT|WSJ|NYT|BBC|CNN|NBC|CBS|ABC|NPR|AP|AFP|RT|DW|RFE/RL|NHK|ARD"
    r"|ZDF|PBS|MSNBC|SCMP|FAZ|TASS|PTI|ANI|WaPo)\b)"
)
_BYLINE: Final = re.compile(
    r"^(?:Story |Written |Reporting )?By[: ]\s*"
    r"(?P<names>[A-Z\u00c0-\u017e][^\n|]{2,100})",
    re.MULTILINE,
)
_REPORTERS: Final = re.compile(
    r"\(?\b(?:Additional )?[Rr]eporting by (?P<names>[A-Z][^;.()\n]{2,150})"
)
_CORRECTION: Final = re.compile(
    r"(?:^|[\n(])[^\S\n]{0,3}(?P<note>\W{0,3}"
    r"(?:correction|clarification|editor[’']s note"
    r"|this (?:article|story|report|post|headline|version)[^.\n]{0,80}"
    r"\b(?:corrected|amended|updated to correct|clarified)"
    r"|an earlier version of this|a previous version of this|berichtigung|korrektur"
    r"|rectificatif|correcci[oó]n|rectificaci[oó]n)\b[^\n]{0,500})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """Whom a report names as its makers and sources.

    Attributes:
        byline: names as written; "" if there are none.
        agencies: agencies that it is marked as coming from, by their names.
        citing: other outlets that it quotes, as written.
        correction: its notice of a correction; "" if it has none.
    """

    byline: str = ""
    agencies: tuple[str, ...] = ()
    citing: tuple[str, ...] = ()
    correction: str = ""


NO_CREDITS: Final = Credits()


def credits_of(text: str, author: str = "") -> Credits:
    """Read the credits of a report.

    Args:
        text: cleaned, a paragraph a line.
        author: what the feed says, "" for nothing; it wins over a line of the text.
    """
    head, tail = text[:HEAD], text[-TAIL:]
    correction = _CORRECTION.search(text[: 3 * HEAD]) or _CORRECTION.search(tail)
    return Credits(
        byline=_byline(author) or _byline_in(head, tail),
        agencies=_agencies(head, tail, author),
        citing=_citing(text),
        correction=" ".join(correction["note"].split())[:MAX_NOTE]
        if correction
        else "",
    )


def agencies_of(text: str) -> tuple[str, ...]:
    """Return the agencies that a report credits, see `credits_of`."""
    return _agencies(text[:HEAD], text[-TAIL:], "")


def _byline(author: str) -> str:
    """Return an author's name; "" for an address or a machine's account."""
    name = re.sub(r"(?<!\S)\S+@\S+|\(\s*\)", " ", author)  # RSS: address (name)
    bracketed = re.fullmatch(r"\s*\(([^()]+)\)\s*", name)
    name = " ".join((bracketed[1] if bracketed else name).split()).strip(" ,;")
    name = re.sub(r"^(?i:by)\s+", "", name)
    is_machine = re.fullmatch(
        r"(?i)admin|editor|webmaster|staff|newsroom|desk|web ?desk|/?u/\S+", name
    )
    return "" if is_machine or "://" in name or name.lower() in AGENCIES else name


def _byline_in(head: str, tail: str) -> str:
    match = _BYLINE.search(head) or _REPORTERS.search(tail)
    if not match:
        return ""
    names = re.split(r"\s[|•·]\s|\s{2,}|\bUpdated\b|\bPublished\b", match["names"])[0]
    return names.strip(" ,.;-")[:120]


def _agencies(head: str, tail: str, author: str) -> tuple[str, ...]:
    abroad = _abroad(head, tail) if not (head.isascii() and tail.isascii()) else ()
    whole = f"{head}\n{tail}\n{author}"
    lower = whole.lower()
    if not (
        any(name in whole for name in _SHORT_NAMES)
        or any(name in lower for name in _LONG_NAMES)
    ):
        return abroad  # a tenth of the time
    names_given: list[str] = []
    for pattern, where in (
        (_IN_BRACKETS, head),
        (_DATELINE, head),
        (_AFTER_DASH, head),
        (_LEADING, head),
        (_WITH, head[:200]),
        (_IN_BRACKETS, tail),
        (_WITH, tail),
        (_CONTRIBUTED, tail),
        (_REPORTED, tail),
        (_ANYWHERE, author),
    ):
        names_given += [hit["agency"] for hit in pattern.finditer(where)]
    names = [AGENCIES[name.lower()] for name in names_given if _is_name(name)]
    return tuple(dict.fromkeys((*names, *abroad)))[:MAX_CREDITS]


def _abroad(head: str, tail: str) -> tuple[str, ...]:
    """Return the agencies that are named where scripts other than Latin name them."""
    opening = head[:_DATELINE_END]
    places = (
        (_FRAMED, opening),
        (_WIRED, opening),
        (_DASHED, opening),
        (_FRAMED, tail[-_DATELINE_END:]),
        (_NAMED_SOURCE, tail),
    )
    hits = [hit[1] for pattern, where in places for hit in pattern.finditer(where)]
    # What is written in Latin letters the other patterns judge.
    found = [one for hit in hits if not hit.isascii() for one in families_in(hit)]
    found += [_IN_JAPANESE[hit[1]] for hit in _JAPANESE.finditer(opening)]
    return tuple(dict.fromkeys(one for one in found if one in _ABROAD))


def _is_name(written: str) -> bool:
    return len(written) > _SHORT or written.isupper() or written in _AS_WRITTEN


def _citing(text: str) -> tuple[str, ...]:
    citations = (hit["outlet"].rstrip(".'’") for hit in CITED.finditer(text[:20_000]))
    outlets = [
        re.sub(r"^[Tt]he\s+", "", one) for one in citations if looks_like_outlet(one)
    ]
    return tuple(dict.fromkeys(outlets))[:MAX_CREDITS]


def looks_like_outlet(name: str) -> bool:
    """Tell whether a name is that of a paper, a broadcaster or an agency."""
    return _OUTLET.search(name) is not None
