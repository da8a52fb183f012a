"""Whom reports cite in other languages than English, as citing.toml knows them.

Where a name ends is hard to tell in many scripts. So what stands beside the words that
cite is taken as it is, and known names are looked for in it: those of publishers.toml,
or of the event's outlets.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from samestory.publishers import names_in
from samestory.scripts import UNSPACED_LANGUAGES

KNOWN: Final = Path(__file__).with_name("citing.toml")
BESIDE: Final = 60  # characters in which a name stands
PASSAGE: Final = "\u2026"  # begins what may hold a name that the event alone knows
# A dot within a name ends nothing: "Folha de S.Paulo"; what ends a dateline does.
_STOP: Final = re.compile(
    r"\.(?!\w)| [-\u2013\u2014]{1,2} |[,;:!?=\n\u060c\u061b\u0964\u3001\u3002]"
)
# Which write what stands before a name together with it, and which what follows.
_ATTACHED: Final = frozenset(("ar", "he"))
_NO_BEGINNING: Final = UNSPACED_LANGUAGES | {"ko"}
_PICTURE: Final = re.compile(  # whose it is tells nothing of the report
    r"(?:photo|foto|fotos|ảnh|фото|صورة|عکس|תמונה|צילום|사진|写真|照片|图片|圖片|图源|圖源"
    r"|(?<![\u4e00-\u9fff])[图圖]|चित्र|फ\u093c?ोटो|तस्वीर)\s?(?:제공)?\s?[:=/]\s?[^.\n]{1,40}?"
    r"(?=\s(?-i:[A-Z\u0400-\u042f])|[.\n)\]\u3011\u300d\u0964\u3002]|$)",
    re.IGNORECASE,
)
_WORD: Final = 20  # characters of a word that is not cut
_NOTHING: Final = "(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citing:
    """What citing looks like in a language.

    Attributes:
        before: words before whom a report cites.
        behind: words behind it.
        posted: words of a post, with its platform as their only group.
        asked: words of a report that asked somebody itself.
    """

    before: re.Pattern[str]
    behind: re.Pattern[str]
    posted: re.Pattern[str]
    asked: re.Pattern[str]

    @classmethod
    @cache
    def of(cls, lang: str | None) -> Self | None:
        """Return that of a language, ISO 639-1; None if it is not known."""
        found = _known()["language"].get(lang or "")
        if found is None:
            return None
        begin = "" if lang in _NO_BEGINNING else r"(?<!\w)"
        end = "" if not begin or lang in _ATTACHED else r"(?!\w)"
        return cls(
            before=_any_of(found.get("before", ()), begin, end),
            behind=_any_of(found.get("behind", ()), begin, end),
            posted=_any_of(found["posted"], begin, ""),
            asked=_any_of(found["asked"], begin, ""),
        )

    def cited(self, opening: str) -> list[tuple[int, str]]:
        """Return where it cites whom: a known name as written, or what may hold one.

        Args:
            opening: in NFKC.
        """
        opening = _PICTURE.sub(lambda hit: " " * len(hit[0]), opening)
        found = []
        for hit in self.before.finditer(opening):
            end = _whole_word(opening, hit.end() + BESIDE, -1)
            beside = _STOP.split(opening[hit.end() : end])[0]
            found.append((hit.end(), [*names_in(beside), PASSAGE + beside][0]))
        for hit in self.behind.finditer(opening):
            begin = _whole_word(opening, hit.start() - BESIDE, 1)
            beside = _STOP.split(opening[begin : hit.start()])[-1]
            at = hit.start() - len(beside)
            found.append((at, [PASSAGE + beside, *names_in(beside)][-1]))
        return sorted(found)

    def platform(self, opening: str) -> tuple[int, str] | None:
        """Return where and on what a post stands that it passes on; None without."""
        hit = self.posted.search(opening)
        return (hit.start(), platform_named(hit[hit.lastindex or 0])) if hit else None


def platform_named(form: str) -> str:
    """Return a platform's name, however it is written; another word as it is."""
    return _platforms().get(form, form)


def _whole_word(text: str, at: int, step: int) -> int:
    """Return where the word around a place begins (step -1) or ends (1).

    The place itself where no word has so many letters: where words are not parted.
    """
    if not 0 < at < len(text):
        return max(0, at)
    near = at
    while 0 < near < len(text) and abs(near - at) < _WORD and text[near - 1].isalnum():
        if not text[near].isalnum():
            return near
        near += step
    return near if abs(near - at) < _WORD else at


def _any_of(parts: list[str], begin: str, end: str) -> re.Pattern[str]:
    whole = "|".join(parts).replace("PLATFORM", any_platform()) or _NOTHING
    return re.compile(f"{begin}(?:{whole}){end}", re.IGNORECASE)


@cache
def any_platform() -> str:
    """Return a pattern of the platforms, as its only group, however each is written."""
    names = sorted(_platforms(), key=len, reverse=True)
    # Not a part of a word; nor a Roman number, or a ray.
    return (
        rf"(?<![A-Za-z])(?-i:({'|'.join(map(re.escape, names))}))"
        r"(?![A-Za-z\u0400-\u052f\u0620-\u06ff])(?! ?(?:век|столет|光))"
    )


@cache
def _platforms() -> dict[str, str]:
    """Return the name of each platform, by how it is written."""
    found = _known()["platform"].items()
    return {form: name for name, forms in found for form in (name, *forms)}


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads(KNOWN.read_text("utf-8"))
