"""Copies that are made of a text, with the words that they have of it, to the word."""

import random
import re
from dataclasses import dataclass

from samestory.deploy.newsroom.reports import load_reports
from samestory.index.copies.reading import Reading, read

BRITISH = {"for": "fore", "ships": "shippes", "officials": "officialls"}


@dataclass(frozen=True)
class Copy:
    """A made copy.

    Attributes:
        text: of it.
        kept: for each of its words, whether it is its source's.
    """

    text: str
    kept: tuple[bool, ...]

    @property
    def reading(self) -> Reading:
        """Its words; as many as `kept`."""
        found = read(self.text)
        assert len(found.words) == len(self.kept)
        return found


def paragraphs() -> list[str]:
    """Return the sample newsroom's paragraphs without quotations, none like another."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for paragraph in (one for report in load_reports() for one in report.paragraphs):
        words = read(paragraph).words
        shingles = {words[at : at + 4] for at in range(len(words) - 3)}
        if (
            len(words) >= 20
            and not seen & shingles
            and not set(paragraph) & set('"\u201c')
        ):
            found.append(paragraph)
        seen |= shingles
    return found


PARAGRAPHS = paragraphs()
SIZE = 6  # paragraphs of a report


def report(number: int, size: int = SIZE) -> list[str]:
    """Return the paragraphs of a report; no two of different numbers share one."""
    return PARAGRAPHS[number * SIZE : number * SIZE + size]


def made(paragraphs: list[tuple[str, bool]]) -> Copy:
    """Return a copy of paragraphs, each with whether it is the source's."""
    text = "\n".join(paragraph for paragraph, _ in paragraphs)
    kept = [is_kept for words, is_kept in paragraphs for _ in read(words).words]
    return Copy(text=text, kept=tuple(kept))


def cut(source: list[str], share: float, own: list[str]) -> Copy:
    """Return its beginning, below a headline and above paragraphs of one's own."""
    kept = source[: round(share * len(source))]
    headline = ("Something else altogether happened by the sea", False)
    return made(
        [headline, *((one, True) for one in kept), *((one, False) for one in own)]
    )


def reordered(source: list[str], seed: int) -> Copy:
    """Return its paragraphs in another order."""
    paragraphs = list(source)
    random.Random(seed).shuffle(paragraphs)
    return made([(one, True) for one in paragraphs])


def edited(source: list[str], seed: int) -> Copy:
    """Return it with a word put in or changed in each sentence."""
    rng = random.Random(seed)
    text, kept = [], []
    for paragraph in source:
        words = paragraph.split()
        at = rng.randrange(8, len(words) - 7)
        is_put_in = rng.random() < 0.5
        words[at : at + (not is_put_in)] = ["perhaps"]
        text.append(" ".join(words))
        own = read(" ".join(words[:at])).words
        whole = read(text[-1]).words
        kept += [place != len(own) for place in range(len(whole))]
    return Copy(text="\n".join(text), kept=tuple(kept))


def british(source: list[str]) -> Copy:
    """Return it as a British paper spells it."""
    text = "\n".join(source)
    for one, other in BRITISH.items():
        text = re.sub(rf"\b{one}\b", other, text)
    changed = set(BRITISH.values())
    return Copy(text=text, kept=tuple(word not in changed for word in read(text).words))


def merged(source: list[str], other: list[str]) -> Copy:
    """Return half of it and half of another, in turns."""
    half = len(source) // 2
    pairs = zip(source[:half], other[:half], strict=True)
    return made([one for a, b in pairs for one in ((a, True), (b, False))])


def quoting(source: list[str], own: list[str]) -> Copy:
    """Return a report of one's own that quotes it."""
    quotations = [(f"\u201c{one}\u201d he said.", False) for one in source[:3]]
    return made([*quotations, *((one, False) for one in own)])
