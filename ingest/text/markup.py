"""HTML snippets of feeds as plain text, and bytes that parsers choke on."""

import html
import re
from typing import Final

from samestory.cleaning import clean_text

MAX_SNIPPET: Final = 500_000  # characters of one entry's HTML; more is never an article
_BLOCK: Final = re.compile(
    r"</?(?:p|br|hr|div|ul|ol|li|dl|dt|dd|h[1-6]|table|tr|blockquote|pre|section|article"
    r"|header|footer|figure|figcaption|address|aside|main|nav|form)\b[^<>]*>",
    re.IGNORECASE,
)
# Within a word, as in 13<sup>th</sup>: a browser puts no blank for them.
_INLINE: Final = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|q"
    r"|rb|ruby|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)\b[^<>]*>",
    re.IGNORECASE,
)
# How a character is read stands over it, or in brackets behind it.
_READING: Final = re.compile(r"<(rt|rp)\b[^<>]*>[^<>]*</\1>", re.IGNORECASE)
# What is left of HTML that a publisher escaped once too often.
_ESCAPED: Final = re.compile(
    r"</(?:p|div|li|ul|span|strong|em|b|i|a|h[1-6])>|<(?:br|p|img)\b[^<>]*>",
    re.IGNORECASE,
)
# The line that WordPress puts under each entry, in the languages of its users.
_ENTRY: Final = (
    *(
        "The post",
        "Der Beitrag",
        "L['\u2019]article",
        "La entrada",
        "L['\u2019]articolo",
    ),
    *("O post", "A postagem", "Het bericht", "Artykuł", "Запись", "Сообщение"),
    *("Публикация", "Запис", "المقال", "הפוסט"),
)
_CAME_FROM: Final = (
    *("appeared first on", "first appeared on", "erschien zuerst auf"),
    *("est apparu en premier sur", "se publicó primero en", "aparece primero en"),
    *("proviene da", "sembra essere il primo su", "apareceu primeiro em"),
    *("verscheen eerst op", "pochodzi z serwisu", "впервые появилась"),
    *("появились сначала на", "з['\u2019]явився спочатку на"),
    *("ظهر أولاً على", "הופיע לראשונה ב"),
)
_FIRST_ON: Final = re.compile(
    rf"(?:{'|'.join(_ENTRY)})\b.{{1,400}}(?:{'|'.join(_CAME_FROM)}).{{0,200}}",
    re.IGNORECASE,
)
# What sites where readers post links write around a link; there is nothing else.
_FRAME: Final = re.compile(
    r"submitted by /?u/\S{1,40}(?: to /?r/\S{1,40})?(?:\s*\[(?:link|comments)\])*"
    r"|(?:\[(?:link|comments)\]\s*)+"
    r"|(?:Article|Comments) URL: ?\S{1,500}|Points: \d{1,6}|# Comments: \d{1,6}",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_REFERENCE: Final = re.compile(rb"&#(?:x([0-9a-f]+)|([0-9]+));", re.IGNORECASE)
MAX_DIGITS: Final = 9  # of a reference; no character needs more
# html.unescape makes an int of it, of any length, and int refuses 4,300 digits.
_LONG_REFERENCE: Final = re.compile(r"&#x?[0-9a-f]{9,};?", re.IGNORECASE)
_LOWER: Final = {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}
_HIDDEN: Final = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """Return the text of an HTML snippet, one line a paragraph, as a browser shows it.

    Works on anything: text without tags comes back as it is, entities resolved once,
    or twice where tags come out. Not what WordPress says below each entry, nor
    what sites of links write around each.
    """
    lines = _lines(markup)
    if any(_ESCAPED.search(line) for line in lines):
        lines = _lines("\n".join(lines))
    if len(lines) > 1 and _FIRST_ON.fullmatch(lines[-1]):
        lines.pop()
    return "\n".join(line for line in lines if not _FRAME.fullmatch(line))


def _lines(markup: str) -> list[str]:
    shown = _without_hidden(markup[:MAX_SNIPPET])
    shown = _INLINE.sub("", _READING.sub("", _BLOCK.sub("\n", shown)))
    shown = _LONG_REFERENCE.sub(" ", _TAG.sub(" ", shown))
    text = html.unescape(shown)
    lines = (" ".join(line.split()) for line in clean_text(text).split("\n"))
    return [line for line in lines if line]


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
