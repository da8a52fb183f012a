"""HTML snippets of feeds as plain text."""

import html
import re
from typing import Final

from ingest.story import clean_text

MAX_SNIPPET: Final = 500_000  # characters of one entry's HTML; more is never an article
_BLOCK: Final = re.compile(
    r"</?(?:p|br|div|li|h[1-6]|tr|blockquote)\b[^<>]*>", re.IGNORECASE
)
_TAG: Final = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_HIDDEN: Final = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """Return the text of an HTML snippet, one line a paragraph.

    Works on anything: text without tags comes back as it is, entities resolved once.
    """
    shown = _without_hidden(markup[:MAX_SNIPPET])
    text = html.unescape(_TAG.sub(" ", _BLOCK.sub("\n", shown)))
    lines = (" ".join(line.split()) for line in clean_text(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _without_hidden(markup: str) -> str:
    """Drop comments, scripts and styles; an unclosed one hides the rest.

    One pass: a regular expression for open and close together would be quadratic on a
    hostile snippet.
    """
    kept, lower, at = [], markup.lower(), 0
    while found := _HIDDEN.search(markup, at):
        kept.append(markup[at : found.start()])
        close = f"</{found[1].lower()}" if found[1] else "-->"
        end = lower.find(close, found.end())
        if end < 0:
            return " ".join(kept)
        at = end + (0 if found[1] else len(close))
    return " ".join([*kept, markup[at:]])
