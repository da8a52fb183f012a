"""Denials: which titles deny, and which reports know that something was denied.

By language, as `denials.toml` has them.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from samestory.index.decision.tokens import ENGLISH

KNOWN: Final = Path(__file__).with_name("denials.toml")
_LANGUAGES: Final = 64  # whose patterns are kept


class _Patterns(NamedTuple):
    denies: re.Pattern[str]
    knows: re.Pattern[str]


def denial_in(title: str, lang: str | None) -> str | None:
    """Return the words by which a title denies something; None if it does not.

    Args:
        title: of a report.
        lang: ISO 639-1; None is read as English.
    """
    of = _patterns(lang or ENGLISH)
    found = of.denies.search(title) if of else None
    return found[0] if found else None


def knows_of_denial(text: str, lang: str | None) -> bool:
    """Tell whether a report knows that something was denied; False if nobody can tell.

    Args:
        text: its title and opening.
        lang: ISO 639-1; None is read as English.
    """
    of = _patterns(lang or ENGLISH)
    return of is not None and any(one.search(text) for one in of)


@lru_cache(maxsize=_LANGUAGES)
def _patterns(lang: str) -> _Patterns | None:
    found = _known().get(lang)
    if found is None:
        return None
    return _Patterns(
        *(re.compile("|".join(found[one]), re.IGNORECASE) for one in _Patterns._fields)
    )


@cache
def _known() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(KNOWN.read_text("utf-8"))
