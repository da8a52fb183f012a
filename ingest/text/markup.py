"""HTML snippets of feeds as plain text, and bytes that parsers choke on."""

import html
import re
from typing import Final

from samestory.story import clean_text

MAX_SNIPPET: Final = 500_000  # characters of one entry's HTML; more is never an article
_BLOCK: Final = re.compile(
    r"</?(?:p|br|div|li|h[1-6]|tr|blockquote)\b[^<>]*>", re.IGNORECASE
)
_TAG: Final = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_REFERENCE: Final = re.compile(rb"&#(?:x([0-9a-f]+)|([0-9]+));", re.IGNORECASE)
MAX_DIGITS: Final = 9  # of a reference; no character needs more
# html.unescape makes an int of it, of any length, and int refuses 4,300 digits.
_LONG_REFERENCE: Final = re.compile(r"&#x?[0-9a-f]{9,};?", re.IGNORECASE)
_LOWER: Final = {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}
_HIDDEN: Final = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """Return the text of an HTML snippet, one line a paragraph.

    Works on anything: text without tags comes back as it is, entities resolved once.
    """
    shown = _without_hidden(markup[:MAX_SNIPPET])
    shown = _LONG_REFERENCE.sub(" ", _TAG.sub(" ", _BLOCK.sub("\n", shown)))
    text = html.unescape(shown)
    lines = (" ".join(line.split()) for line in clean_text(text).split("\n"))
    return "\n".join(line for line in lines if line)


def mend_references(markup: bytes) -> bytes:
    """Replace numeric references to characters that XML forbids by a space.

    One such reference makes trafilatura return nothing and feedparser raise. Halves of
    a surrogate pair, as some feeds write emoji, are among them.
    """

    def mended(match: re.Match[bytes]) -> bytes:
        if len(match[0]) > MAX_DIGITS + len("&#x;"):
            return b" "
        number = int(match[1], 16) if match[1] else int(match[2])
        return match[0] if _is_xml_character(number) else b" "

    return _REFERENCE.sub(mended, markup)


def _is_xml_character(number: int) -> bool:
    """Tell whether XML 1.0 (section 2.2) allows the character."""
    return (
        number in {0x9, 0xA, 0xD}
        or 0x20 <= number < 0xD800  # noqa: PLR2004
        or 0xE000 <= number < 0xFFFE  # noqa: PLR2004
        or 0x10000 <= number <= 0x10FFFF  # noqa: PLR2004
    )


def _without_hidden(markup: str) -> str:
    """Drop comments, scripts and styles; an unclosed one hides the rest.

    One pass: a regular expression for open and close together would be quadratic on a
    hostile snippet.
    """
    # Only ASCII matters here; str.lower would shift places ("İ" becomes two).
    kept, lower, at = [], markup.translate(_LOWER), 0
    while match := _HIDDEN.search(markup, at):
        kept.append(markup[at : match.start()])
        close = f"</{match[1].lower()}" if match[1] else "-->"
        end = lower.find(close, match.end())
        if end < 0:
            return " ".join(kept)
        at = end + (0 if match[1] else len(close))
    return " ".join([*kept, markup[at:]])
