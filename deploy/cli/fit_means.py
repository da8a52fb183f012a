"""`samestory models fit-means`: languages' means of your own stories, a new space."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.options import Model
from samestory.deploy.cli.own_stories import newest_by_language
from samestory.deploy.config import Settings
from samestory.deploy.progress import ProgressLine
from samestory.disk import named
from samestory.embed.adaptation import FILE, Adaptation
from samestory.embed.encoder import Encoder
from samestory.embed.means import OTHERS, LanguageMeans, Rows
from samestory.embed.models import ModelFiles, model_files
from samestory.embed.passage import story_passages
from samestory.story import Story

LEAST: Final = 200  # stories of a language whose mean is fitted
MOST: Final = 2_000  # of them that are embedded, the newest
BATCH: Final = 128


@dataclass(frozen=True, kw_only=True)
class FitMeans(Model):
    """Fit the languages' means on your own stories, for a new space.

    Fit the mean vector of each language on the stories of your own state, the
    newest 2,000 of each language that has 200 or more; others keep theirs. What
    your newsroom brings in two languages should be of the same events: else the
    means hold the topics too. DIR is then a model, for --model, with a space of
    its own; fit a pair model on it (samestory train --model DIR) and begin a
    new state. Nothing changes by itself.

    Examples:
      samestory models fit-means --out my-model
      samestory models fit-means --model packaged --out my-model
    """

    out: Annotated[str, Parameter(metavar="DIR", help="where the adapted model goes")]

    def run(self, settings: Settings) -> int:
        """Read, embed, write the folder of the adapted model."""
        model = model_files(settings.model)
        held = model.adaptation or Adaptation(base=model.base, thin={}, means=None)
        enough = newest_by_language(wiring.read_state(settings), LEAST, MOST)
        with closing(wiring.open_stream_encoder(settings)) as encoder:
            fitted = _means(enough, encoder)
        found = replace(
            held, means=_completed(held, fitted), about=_about(model, enough)
        )
        folder = Path(self.out)
        with named(f"--out {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
            found.save(folder / FILE)
        for lang, some in sorted(enough.items()):
            print(f"{lang}: the mean of {counted(len(some), 'story')}")
        print(
            f"use it with --model {folder}, and fit the pair model on it: samestory"
            " train"
        )
        return 0


def _means(stories: Mapping[str, list[Story]], encoder: Encoder) -> dict[str, Rows]:
    """Return the mean of each language's passages."""
    tokens, line = encoder.space.tokens, ProgressLine()
    means = {}
    for lang, some in stories.items():
        total = np.zeros(encoder.space.dim)
        for at in range(0, len(some), BATCH):
            passages = [
                text
                for story in some[at : at + BATCH]
                for text in story_passages(story, tokens)
            ]
            total += encoder.encode(passages).sum(axis=0, dtype=np.float64) / 2
            line.count(f"{lang}: embedded", min(at + BATCH, len(some)), len(some))
        means[lang] = (total / len(some)).astype(np.float32)
    line.end()
    return means


def _completed(held: Adaptation, fitted: Mapping[str, Rows]) -> LanguageMeans:
    """Return the fitted means with those that were there, and one for all others."""
    rows = dict(held.means.rows) if held.means else {}
    rows |= fitted
    rows[OTHERS] = np.mean(
        [row for lang, row in rows.items() if lang != OTHERS], axis=0
    )
    return LanguageMeans(rows)


def _about(model: ModelFiles, stories: Mapping[str, list[Story]]) -> str:
    counts = ", ".join(f"{lang} {len(some)}" for lang, some in sorted(stories.items()))
    before = f"{model.adaptation.about}; " if model.adaptation else ""
    return f"{before}samestory models fit-means on {counts}"
