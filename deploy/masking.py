"""Addresses as people may see them: without what lets anybody in.

Feeds' addresses hold passwords and tokens. What is shown or logged goes through here;
what is kept, and `feeds export`, is whole.
"""

import re
from typing import Any, Final

MASK: Final = "***"
DRAWN: Final = 16  # letters and digits, drawn by lot, that nobody guesses
_URL: Final = re.compile(
    r"(?<![a-z0-9+.-])[a-z0-9+.-]+://[^\s\"'<>`]*[^\s\"'<>`:,.)]", re.IGNORECASE
)
_PARTS: Final = re.compile(r"([^:]+://)([^/?#]*@)?([^?#]*)(.*)", re.DOTALL)
_PARAMETER: Final = re.compile(r"(?<=[?&;#])([^=&;#?]+)=([^&;#]+)")
_SECRET: Final = re.compile(
    r"token|secret|passw|signature|credential|jwt|api_?key"
    r"|(?:^|[_.-])(?:key|auth|sig|pass|pwd|hash)$|_code$",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"(?:id|list)$", re.IGNORECASE)  # names what anybody may see
# Articles have drawn ids too; Google News lists them below /rss/articles/.
_FEED: Final = re.compile(
    r"\b(?:feeds?|rss|atom|private|podcasts?|xml)\b", re.IGNORECASE
)
_SEGMENT: Final = re.compile(r"(?<=/)(?<!/articles/)[^/.]+")
_LOT: Final = re.compile(
    r"(?=.*[a-z])(?=(?:.*\d){2})[a-z0-9._-]+(?:=|%3D)*", re.IGNORECASE
)
_WORD: Final = re.compile(r"(?:^|[-_.])[a-z]{3,}(?=$|[-_.])", re.IGNORECASE)  # of slugs


def masked(text: str) -> str:
    """Return a text whose addresses hold no secret; all else is as it was."""
    return _URL.sub(lambda match: _masked_url(match[0]), text)


def shown(value: Any) -> Any:
    """Return a JSON value with every text in it masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items()}
    return [shown(one) for one in value] if isinstance(value, list | tuple) else value


def _masked_url(url: str) -> str:
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise AssertionError(url)
    scheme, user, place, rest = parts.groups()
    if _FEED.search(place):
        place = _SEGMENT.sub(lambda segment: _hidden(segment[0]), place)
    user = f"{MASK}@" if user else ""
    return f"{scheme}{user}{place}{_PARAMETER.sub(_parameter, rest)}"


def _parameter(match: re.Match[str]) -> str:
    name, value = match.groups()
    if _SECRET.search(name):
        return f"{name}={MASK}"
    return match[0] if _ID.search(name) else f"{name}={_hidden(value)}"


def _hidden(text: str) -> str:
    """Return the mask for what was drawn by lot, else the text."""
    is_drawn = len(text) >= DRAWN and _LOT.fullmatch(text) and not _WORD.search(text)
    return MASK if is_drawn else text
