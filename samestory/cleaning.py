"""Text as it is compared and kept: one form, nothing that nobody sees, of a length."""

import unicodedata
from typing import Final

MAX_TITLE: Final = 500  # characters; longest real headline seen: 270
MAX_TEXT: Final = 200_000  # characters; p99 of real pages is 12,000
_CONTROL: Final = {
    code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
}
# Seen by nobody: soft hyphen, zero-width space, word joiner, byte order mark, and what
# turns the direction. The joiners of Persian and of Indic scripts are letters' shape.
_UNSEEN: Final = dict.fromkeys(
    map(
        ord,
        "\u00ad\u200b\u200e\u200f\u2060\ufeff"
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
)


def clean_line(text: str, limit: int = MAX_TITLE) -> str:
    """Return text as one line without control characters, cut at limit."""
    return " ".join(clean_text(text).split())[:limit]


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """Return text as it is compared and kept, cut at limit.

    Without control characters, lone surrogates and what nobody sees; letters with their
    marks as one character (NFC), however the publisher composes them.
    """
    kept = text[: 2 * limit].translate(_CONTROL)
    if not kept.isascii():
        kept = kept.translate(_UNSEEN).encode("utf-8", "ignore").decode()
        kept = unicodedata.normalize("NFC", kept)
    return kept[:limit].strip()
