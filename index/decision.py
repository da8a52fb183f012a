"""Same event or not: a small additive model over named features.

The logit of a pair is the bias plus each feature times its weight; nothing else counts,
so every decision can be told as a sum. A story's probability of belonging to an event
is the mean over the event's nearest members, in which each outlet weighs once; it joins
the best event if that reaches the threshold. The weights are data: `pair_model.json`,
made by `samestory train`.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from samestory.index.features import FEATURES, View, view
from samestory.index.terms import PACKAGED_COUNTS, WORD_COUNTS, Rarity, packaged_rarity
from samestory.ingest.errors import Misconfigured
from samestory.ingest.story import Story

NEAREST_MEMBERS: Final = 5  # mean of the top 3 to 5 measured best (quality.md 3b, 7)
SEEN: Final = 0.02  # probability that another outlet must see, or one is not believed
RANKED: Final = 4  # events that a decision tells: the best and three others
JOINING: Final = ("tight", "balanced", "loose")  # positions of the one knob
PACKAGED_MODEL: Final = Path(__file__).with_name("pair_model.json")
# Contributions are whole multiples of this: they add up exactly, in any order.
_UNIT: Final = 2.0**-30


@dataclass(frozen=True, slots=True, kw_only=True)
class PairModel:
    """What decides whether two stories are one event.

    Attributes:
        name: of the artefact, with the position of the knob.
        bias: of the sum.
        weights: of the features, in their order.
        threshold: probability that a story must reach to join an event.
        languages: that the embedding model knows; None for all.
        rarity: of words, as counted for this model.
        space_id: the embedding space that it was fitted in; None for any.
        other_spaces: in which it was measured and found as good, e.g. int8 of the same.
    """

    name: str
    bias: float
    weights: tuple[float, ...]
    threshold: float
    languages: frozenset[str] | None = frozenset({"en"})
    rarity: Rarity = field(default_factory=packaged_rarity)
    space_id: str | None = None
    other_spaces: frozenset[str] = frozenset()

    @classmethod
    def load(
        cls,
        path: Path = PACKAGED_MODEL,
        joining: str = "balanced",
        languages: frozenset[str] | None = frozenset({"en"}),
    ) -> Self:
        """Read the artefact.

        Args:
            path: of the JSON.
            joining: how readily stories are joined, one of JOINING.
            languages: that the embedding model knows, None for all.

        Raises:
            Misconfigured: not readable, made for other features, or no such position.
        """
        if joining not in JOINING:
            raise Misconfigured(f"joining {joining!r}: use {', '.join(JOINING)}")
        try:
            found = json.loads(path.read_text("utf-8"))
            weights = {str(k): float(v) for k, v in found["weights"].items()}
            bias, threshold = float(found["bias"]), float(found["thresholds"][joining])
            name, space_id = f"{found['name']} {joining}", str(found["space"])
            others = frozenset(map(str, found.get("also_measured_in", ())))
            digest = str(found["word_counts"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(f"pair model {path}: {error!r}") from error
        if not all(map(math.isfinite, (*weights.values(), bias, threshold))):
            raise Misconfigured(f"pair model {path}: a number in it is not finite")
        if set(weights) != set(FEATURES):
            raise Misconfigured(
                f"pair model {path}: features {sorted(weights)},"
                f" this samestory computes {sorted(FEATURES)}"
            )
        return cls(
            name=name,
            bias=float(_exact(bias)),
            weights=tuple(weights[f] for f in FEATURES),
            threshold=threshold,
            languages=languages,
            rarity=_rarity(path.with_name(WORD_COUNTS), digest),
            space_id=space_id,
            other_spaces=others,
        )

    def fits(self, space_id: str) -> bool:
        """Tell whether the cosines of a space mean what they meant in the fit."""
        return self.space_id in (None, space_id) or space_id in self.other_spaces

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
            known=self.knows(story.lang),
            rarity=self.rarity,
        )

    def knows(self, lang: str | None) -> bool:
        """Return whether the embedding model knows a language; None counts as known."""
        return lang is None or self.languages is None or lang in self.languages

    def contributions(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return what each feature adds to the logit, in the order of FEATURES.

        Args:
            features: of one pair, shape (features,), or of n, shape (n, features).
        """
        return _exact(np.asarray(features) * np.array(self.weights))

    def logits(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return the bias plus all contributions: of one pair, or of n, shape (n,)."""
        total: NDArray[np.float64] = self.contributions(features).sum(axis=-1)
        return total + self.bias

    def probabilities(self, features: NDArray[np.float64]) -> list[float]:
        """Return for n pairs the probability that each is one event, in [0, 1]."""
        return [1 / (1 + math.exp(-logit)) for logit in self.logits(features).tolist()]


def _rarity(path: Path, digest: str) -> Rarity:
    """Return the rarities of words, of the very counts that a model was fitted with."""
    found = packaged_rarity() if path == PACKAGED_COUNTS else Rarity.load(path)
    if found.digest != digest:
        raise Misconfigured(
            f"word counts {path}: {found.digest}, the pair model beside it was fitted"
            f" with {digest}"
        )
    return found


def _exact(values: ArrayLike) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.rint(np.asarray(values) / _UNIT) * _UNIT
    return rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An event that a story may belong to, told by its nearest members.

    Attributes:
        event_id: the event.
        members: those nearest to the story, the nearest first.
        features: of the story with each, shape (len(members), features).
        probability: the mean over the members, see `believed`, in [0, 1].
    """

    event_id: str
    members: tuple[View, ...]
    features: NDArray[np.float64]
    probability: float

    def pairs(self, model: PairModel) -> list[dict[str, Any]]:
        """Return the sum that each pair of the story with a member makes."""
        contributions = model.contributions(self.features)
        return [
            {
                "story_id": member.story_id,
                "bias": model.bias,
                "logit": logit,
                "features": [
                    {"name": name, "value": value, "contribution": part}
                    for name, value, part in zip(FEATURES, values, parts, strict=True)
                ],
            }
            for member, logit, values, parts in zip(
                self.members,
                model.logits(self.features).tolist(),
                self.features.tolist(),
                contributions.tolist(),
                strict=True,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """A member that rules its event out, whatever the features say."""

    event_id: str
    story_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a story goes, and why.

    Attributes:
        ranked: the events that it could join, the most probable first; RANKED at most.
        vetoed: what rules out events that would stand among those.
        model: the pair model in force.
        crowd: how crowded the topic is around the story.
    """

    ranked: tuple[Candidate, ...]
    vetoed: tuple[Veto, ...]
    model: PairModel
    crowd: float = 0.0

    @property
    def event_id(self) -> str | None:
        """The event joined; None to open a new one."""
        best = self.ranked[0] if self.ranked else None
        joins = best is not None and best.probability >= self.model.threshold
        return best.event_id if best is not None and joins else None

    @property
    def probability(self) -> float:
        """Of the best event; 0 without candidates."""
        return self.ranked[0].probability if self.ranked else 0.0

    @property
    def runner_up(self) -> tuple[str, float] | None:
        """The second-best event with its probability; None without one."""
        if len(self.ranked) < 2:  # noqa: PLR2004
            return None
        return self.ranked[1].event_id, self.ranked[1].probability

    def record(self) -> dict[str, Any]:
        """Return the join record: everything that `why` needs to tell."""
        return {
            "joined": self.event_id is not None,
            "probability": self.probability,
            "threshold": self.model.threshold,
            "runner_up": self.runner_up,
            "crowd": self.crowd,
            "model": self.model.name,
            "vetoed": [
                {"story_id": v.story_id, "event_id": v.event_id, "reason": v.reason}
                for v in self.vetoed
            ],
            "pairs": self.ranked[0].pairs(self.model) if self.ranked else [],
        }


def mean_of_each(votes: Iterable[tuple[object, float]]) -> list[float]:
    """Return the mean of what each voice says, ascending, however often it speaks."""
    said: dict[object, list[float]] = {}
    for voice, probability in votes:
        said.setdefault(voice, []).append(probability)
    return sorted(math.fsum(own) / len(own) for own in said.values())


def believed(votes: Iterable[tuple[object, float]]) -> float:
    """Return the mean over outlets of the probabilities that each of them tells.

    The outlet that tells the highest is not believed alone, where there are others: if
    these see nothing at all, it is theirs that counts. So one outlet's report that
    blends two events does not tie them together.

    Args:
        votes: an outlet and a probability for each report; at least one.
    """
    said = mean_of_each(votes)
    others = math.fsum(said[:-1]) / max(1, len(said) - 1)
    if len(said) > 1 and others < SEEN:
        return others
    return math.fsum(said) / len(said)


def decide(
    candidates: Sequence[Candidate],
    model: PairModel,
    veto: Callable[[View], str | None],
    crowd: float = 0.0,
) -> Decision:
    """Decide where a story goes.

    An event is out of the question if one of the members that speak for it vetoes it.

    Args:
        candidates: the events that could be its own.
        model: weights and threshold.
        veto: why a member and the story can't be one event; None if they can.
        crowd: how crowded the topic is around the story.
    """
    ranked: list[Candidate] = []
    vetoed: list[Veto] = []
    for one in sorted(candidates, key=lambda c: (-c.probability, c.event_id)):
        if len(ranked) == RANKED:
            break
        against = [
            Veto(event_id=one.event_id, story_id=member.story_id, reason=reason)
            for member in one.members
            if (reason := veto(member))
        ]
        vetoed += against
        if not against:
            ranked.append(one)
    return Decision(
        ranked=tuple(ranked), vetoed=tuple(vetoed), model=model, crowd=crowd
    )
