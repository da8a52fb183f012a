"""Phrases of phrases.toml in a line: plain words, which are found fast.

As one regular expression they would cost a page more than the search of its text does
(4 ms of 14 measured).
"""

import tomllib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

GAP: Final = 40  # characters between two parts of a phrase
_FILE: Final = Path(__file__).with_name("phrases.toml")
_BETWEEN: Final = " … "


class Phrases:
    """The phrases of a kind.

    Args:
        kind: a table of phrases.toml.
    """

    def __init__(self, kind: str) -> None:
        languages = tomllib.loads(_FILE.read_text("utf-8"))[kind].values()
        self._phrases = [one.split(_BETWEEN) for one in chain(*languages)]

    def lines_with(self, lines: Sequence[str]) -> set[int]:
        """Return the numbers of the lines that have one of them."""
        whole = "\n".join(f" {line.lower()} " for line in lines)
        if not any(begin in whole for begin, *_ in self._phrases):
            return set()  # of most texts
        return {n for n, line in enumerate(lines) if next(self.places(line), -1) >= 0}

    def places(self, line: str) -> Iterator[int]:
        """Yield where each phrase that a line has begins, in no order."""
        lower = f" {line.lower()} "
        for begin, *parts in self._phrases:
            at = lower.find(begin)
            if at >= 0 and (not parts or _follow(parts, lower, at + len(begin))):
                yield max(0, at - 1)


def _follow(parts: list[str], line: str, at: int) -> bool:
    """Tell whether these parts come one behind the other from a place on."""
    for part in parts:
        found = line.find(part, at, at + GAP + len(part))
        if found < 0:
            return False
        at = found + len(part)
    return True
