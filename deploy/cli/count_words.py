"""`samestory models count-words`: how rare words are in your languages."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.options import Place
from samestory.deploy.cli.own_stories import newest_by_language
from samestory.deploy.config import Settings
from samestory.disk import named
from samestory.index.decision.features import COUNTED
from samestory.index.decision.terms import OwnCounts, count_words, dump
from samestory.private import replaced

LEAST: Final = 200  # stories of a language whose words are counted
MOST: Final = 10_000  # of them that are counted, the newest


@dataclass(frozen=True, kw_only=True)
class CountWords(Place):
    """Count the words of your languages, so that rare ones tell more.

    Of the stories of your own state, the newest 10,000 of each language that has
    200 or more; English has counts of its own, which the decision was fitted
    with. The file is frozen: set it as `word_counts`, and reports in these
    languages are compared by their words as English ones are. It is named in
    every join record. What has been decided stays; `samestory replay` decides
    all anew.

    Examples:
      samestory models count-words --out words.gz
      samestory import stories.jsonl --word-counts words.gz
    """

    out: Annotated[str, Parameter(metavar="FILE", help="where the counts go")]

    def run(self, settings: Settings) -> int:
        """Count, write the file."""
        state = wiring.read_state(settings)
        stories = newest_by_language(state, LEAST, MOST, but=COUNTED)
        found = {
            lang: count_words((story.title, story.text) for story in some)
            for lang, some in stories.items()
        }
        path = Path(self.out)
        with named(f"--out {path}"), replaced(path) as new:
            new.write_bytes(dump(found))
        for lang, (documents, words) in sorted(found.items()):
            told = sum(n > 1 for n in words.values())
            print(f"{lang}: {counted(told, 'word')} of {counted(documents, 'story')}")
        print(f"use {path} ({OwnCounts.load(path).digest}) with --word-counts")
        return 0
