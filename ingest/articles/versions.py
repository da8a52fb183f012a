"""What is remembered of a story's last version, and what a new one says otherwise."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

from samestory.story import Story

MAX_PARAGRAPHS: Final = 400  # of a version that are remembered; a long report has 80
MAX_CHANGES: Final = 12
MAX_QUOTE: Final = 300  # characters of a new paragraph that are quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class LastVersion:
    """What is remembered of the version of a story that was published last.

    Attributes:
        title: of it.
        marks: digests of its paragraphs, in their order.
        futile_reads: how often in a row it was read again and had not changed.
        text_from: "page" or "feed"; "" if not known.
        is_hearsay: it was not its outlet's own report.
        url: the address that it was published with; "" if not known.
        observed: when it was read, seconds since the epoch; 0 if not known.
    """

    title: str
    marks: tuple[str, ...]
    futile_reads: int = 0
    text_from: str = ""
    is_hearsay: bool = False
    url: str = ""
    observed: float = 0.0

    @classmethod
    def of(cls, story: Story, before: Self | None = None) -> Self:
        """Return what is remembered of a version.

        Args:
            story: the version.
            before: what was remembered of the one before; None if there was none.
        """
        marks = tuple(_mark(paragraph) for paragraph in _paragraphs(story.text))
        is_same = before and (before.title, before.marks) == (story.title, marks)
        return cls(
            title=story.title,
            marks=marks,
            futile_reads=before.futile_reads + 1 if before and is_same else 0,
            text_from=story.text_from,
            is_hearsay=bool(story.hearsay_of),
            url=story.url or "",
            observed=story.observed.timestamp(),
        )

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        values = [getattr(self, one.name) for one in fields(self)]
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """Read what was written, also by a samestory that remembered less.

        Returns:
            None for "", if there was no version.
        """
        if not text:
            return None
        title, marks, *more = json.loads(text)
        names = [one.name for one in fields(cls)][2:]
        rest = dict(zip(names, more, strict=False))
        return cls(title=title, marks=tuple(marks), **rest)


def changes_since(last: LastVersion | None, title: str, text: str) -> tuple[str, ...]:
    """Return in words what changed, a line each; () if this is the first version.

    Args:
        last: the version before; None if there was none.
        title: of the new version.
        text: of the new version, a paragraph a line.
    """
    if last is None:
        return ()
    paragraphs = _paragraphs(text)
    before, now = set(last.marks), {_mark(paragraph) for paragraph in paragraphs}
    lines = [f"title was: {last.title}"] if last.title != title else []
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
