"""What a changed article says otherwise than its version before."""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from samestory.ingest.story import Story

MAX_PARAGRAPHS: Final = 400  # of a version that are remembered; a long report has 80
MAX_CHANGES: Final = 12
MAX_QUOTE: Final = 300  # characters of a new paragraph that are told


def told_of(story: Story, before: str = "") -> str:
    """Return what is remembered of a version.

    Its title, its paragraphs' digests, how often it was read in vain, where it is from,
    whether it is hearsay, and its address.

    Args:
        story: the version.
        before: what was remembered of the one before; "" if there was none.
    """
    marks = [_mark(paragraph) for paragraph in _paragraphs(story.text)]
    is_same = bool(before) and json.loads(before)[:2] == [story.title, marks]
    futile = futile_reads(before) + 1 if is_same else 0
    is_hearsay = bool(story.hearsay_of)
    told = [story.title, marks, futile, story.text_from, is_hearsay, story.url or ""]
    return json.dumps(told, ensure_ascii=False)


def futile_reads(told: str) -> int:
    """Return how often in a row a story was read again and had not changed."""
    return int(json.loads(told)[2]) if told else 0


def was_from_page(told: str) -> bool:
    """Tell whether the version's text was the page's."""
    return bool(told) and json.loads(told)[3] == "page"


def was_proved(told: str) -> bool:
    """Tell whether the version was its outlet's own; so was one before we knew."""
    return bool(told) and not any(json.loads(told)[4:5])


def told_url(told: str) -> str:
    """Return the address that the version was published with; "" if not known."""
    return str("".join(json.loads(told)[5:6])) if told else ""


def changes_since(told: str, title: str, text: str) -> tuple[str, ...]:
    """Return in words what changed, a line each; () if this is the first version.

    Args:
        told: from `told_of`, of the version before; "" if there was none.
        title: of the new version.
        text: of the new version, a paragraph a line.
    """
    if not told:
        return ()
    title_before, marks, *_ = json.loads(told)
    paragraphs = _paragraphs(text)
    before, now = set(marks), {_mark(paragraph) for paragraph in paragraphs}
    lines = [f"title was: {title_before}"] if title_before != title else []
    added = [p for p in paragraphs if _mark(p) not in before]
    lines += [f"new paragraph: {paragraph[:MAX_QUOTE]}" for paragraph in added]
    gone = len(before - now)
    if gone:
        lines.append(f"{gone} paragraph{'s'[: gone != 1]} gone")
    if len(lines) > MAX_CHANGES:
        rest = len(lines) - MAX_CHANGES + 1
        lines = [*lines[: MAX_CHANGES - 1], f"and {rest} more changes"]
    return tuple(lines)


def _paragraphs(text: str) -> Sequence[str]:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return [line for line in lines if line][:MAX_PARAGRAPHS]


def _mark(paragraph: str) -> str:
    return hashlib.sha256(paragraph.encode()).hexdigest()[:12]
