"""Same event or not: a small additive model over named features.

The logit of a pair is the bias plus each feature times its weight; nothing else counts,
so every decision is a sum that can be shown. Pairs of two languages have weights of
their own: time and a crowded topic tell more of them. The weights are data:
`pair_model.json`, made by `samestory train`.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samestory.errors import Misconfigured
from samestory.index.decision.features import COUNTED, FEATURES, View, view
from samestory.index.decision.terms import (
    PACKAGED_COUNTS,
    WORD_COUNTS,
    OwnCounts,
    Rarity,
    packaged_rarity,
)
from samestory.scripts import is_unread
from samestory.story import Story

JOINING: Final = ("tight", "balanced", "loose")  # positions of the one knob
BEGINNING: Final = 300  # characters of a text that show its script
PACKAGED_MODEL: Final = Path(__file__).with_name("pair_model.json")
_TWO_LANGUAGES: Final = FEATURES.index("two_languages")
# Contributions are whole multiples of this: they add up exactly, in any order.
_UNIT: Final = 2.0**-30


@dataclass(frozen=True, slots=True, kw_only=True)
class PairModel:
    """What decides whether two stories are one event.

    Attributes:
        name: of the artefact, with the position of the knob.
        bias: of the sum.
        weights: of the features, in their order.
        across: of them in pairs of two languages; None for the same.
        threshold: probability that a story must reach to join an event.
        languages: that the embedding model knows; None for all.
        rarity: of words, as counted for this model.
        rarities: of words of other languages, as a newsroom has counted them.
        space_id: the embedding space that it was fitted in; None for any.
        other_spaces: in which it was measured and found as good, e.g. int8 of the same.
    """

    name: str
    bias: float
    weights: tuple[float, ...]
    threshold: float
    languages: frozenset[str] | None = frozenset({"en"})
    rarity: Rarity = field(default_factory=packaged_rarity)
    rarities: Mapping[str, Rarity] = field(default_factory=dict)
    space_id: str | None = None
    across: tuple[float, ...] | None = None

    @classmethod
    def load(
        cls,
        path: Path = PACKAGED_MODEL,
        joining: str = "balanced",
        languages: frozenset[str] | None = frozenset({"en"}),
        word_counts: Path | None = None,
    ) -> Self:
        """Read the artefact.

        Args:
            path: of the JSON.
            joining: how readily stories are joined, one of JOINING.
            languages: that the embedding model knows, None for all.
            word_counts: of more languages, see `OwnCounts`; None for none. They never
                change those of the language that the model was fitted with.

        Raises:
            Misconfigured: not readable, made for other features, or no such position.
        """
        if joining not in JOINING:
            raise Misconfigured(f"joining {joining!r}: use {', '.join(JOINING)}")
        try:
            fields = json.loads(path.read_text("utf-8"))
            weights = _numbers(fields["weights"])
            across = _numbers(fields["across"]) if "across" in fields else {}
            bias = float(fields["bias"])
            threshold = float(fields["thresholds"][joining])
            name, space_id = f"{fields['name']} {joining}", str(fields["space"])
            digest = str(fields["word_counts"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(f"pair model {path}: {error!r}") from error
        numbers = (*weights.values(), *across.values(), bias, threshold)
        if not all(map(math.isfinite, numbers)):
            raise Misconfigured(f"pair model {path}: a number in it is not finite")
        if unknown := {*weights, *across} - set(FEATURES):
            raise Misconfigured(
                f"pair model {path}: features {sorted(unknown)} are not among those"
                f" that this samestory computes, {sorted(FEATURES)}"
            )
        own = OwnCounts.load(word_counts) if word_counts else None
        if own:
            name += f" words {own.digest}"
        return cls(
            name=name,
            bias=float(_exact(bias)),
            # Of a feature that is newer than the model nothing was learnt.
            weights=tuple(weights.get(f, 0.0) for f in FEATURES),
            across=tuple(across.get(f, 0.0) for f in FEATURES) if across else None,
            threshold=threshold,
            languages=languages,
            rarity=_rarity(path.with_name(WORD_COUNTS), digest),
            rarities=own.rarities if own else {},
            space_id=space_id,
        )

    @classmethod
    def unfitted(cls) -> Self:
        """Return one that weighs nothing, to have the features alone."""
        return cls(name="", bias=0, weights=(0,) * len(FEATURES), threshold=1)

    def fits(self, space_id: str) -> bool:
        """Tell whether the cosines of a space mean what they meant in the fit."""
        return self.space_id in (None, space_id)

    def view(
        self,
        story: Story,
        vectors: NDArray[np.float16],
        *,
        seq: int = 0,
        crowd: float = 0.0,
    ) -> View:
        """Prepare a story for comparison.

        Args:
            story: its title, opening, language and event time count.
            vectors: shape (2, dim), as the StoryVector carries them.
            seq: its number in the order of arrival.
            crowd: how crowded its topic was when it came.
        """
        return view(
            story,
            vectors,
            seq=seq,
            crowd=crowd,
            known=self.knows(story.lang, f"{story.title} {story.text[:BEGINNING]}"),
            counted=(story.lang or COUNTED) == COUNTED or story.lang in self.rarities,
            rarity=self._rarity_of(story.lang),
        )

    def _rarity_of(self, lang: str | None) -> Rarity:
        if lang in (None, COUNTED):
            return self.rarity
        return self.rarities.get(lang, self.rarity)

    def knows(self, lang: str | None, text: str = "") -> bool:
        """Return whether the embedding model can read a text.

        Args:
            lang: its language, ISO 639-1; None counts as known.
            text: it, or its beginning: in some scripts no model here reads any.
        """
        is_known = lang is None or self.languages is None or lang in self.languages
        return is_known and not is_unread(text)

    def contributions(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return what each feature adds to the logit, in the order of FEATURES.

        Args:
            features: of one pair, shape (features,), or of n, shape (n, features).
        """
        x = np.asarray(features)
        if self.across is None:
            return _exact(x * np.array(self.weights))
        is_across = x[..., [_TWO_LANGUAGES]] > 0
        return _exact(x * np.where(is_across, self.across, self.weights))

    def logits(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return the bias plus all contributions: of one pair, or of n, shape (n,)."""
        total: NDArray[np.float64] = self.contributions(features).sum(axis=-1)
        return total + self.bias

    def probabilities(self, features: NDArray[np.float64]) -> list[float]:
        """Return for n pairs the probability that each is one event, in [0, 1]."""
        return [1 / (1 + math.exp(-logit)) for logit in self.logits(features).tolist()]


def _numbers(named: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in named.items()}


def _rarity(path: Path, digest: str) -> Rarity:
    """Return the rarities of words, of the very counts that a model was fitted with."""
    rarity = packaged_rarity() if path == PACKAGED_COUNTS else Rarity.load(path)
    if rarity.digest != digest:
        raise Misconfigured(
            f"word counts {path}: {rarity.digest}, the pair model beside it was fitted"
            f" with {digest}"
        )
    return rarity


def _exact(values: ArrayLike) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.rint(np.asarray(values) / _UNIT) * _UNIT
    return rounded
