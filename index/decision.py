"""Same event or not: a small additive model over named features.

The logit of a pair is the bias plus each feature times its weight; nothing else counts,
so every decision can be told as a sum. A story's probability of belonging to an event
is the mean over the event's nearest members; it joins the best event if that reaches
the threshold. The weights are data: `pair_model.json`, made by
`bench/fit_pair_model.py`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from index.features import FEATURES
from ingest.errors import Misconfigured

NEAREST_MEMBERS: Final = 5  # mean of the top 3 to 5 measured best (quality.md 3b, 7)
JOINING: Final = ("tight", "balanced", "loose")  # positions of the one knob
PACKAGED_MODEL: Final = Path(__file__).with_name("pair_model.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairModel:
    """Weights by feature, bias and threshold, with the name of the artefact.

    `languages` are those that the embedding model knows, None for all.
    """

    name: str
    bias: float
    weights: tuple[float, ...]
    threshold: float
    languages: frozenset[str] | None = frozenset({"en"})

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
            name = f"{found['name']} {joining}"
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(f"pair model {path}: {error!r}") from error
        if set(weights) != set(FEATURES):
            raise Misconfigured(
                f"pair model {path}: features {sorted(weights)},"
                f" this samestory computes {sorted(FEATURES)}"
            )
        return cls(
            name=name,
            bias=bias,
            weights=tuple(weights[f] for f in FEATURES),
            threshold=threshold,
            languages=languages,
        )

    def knows(self, lang: str | None) -> bool:
        """Return whether the embedding model knows a language; None counts as known."""
        return lang is None or self.languages is None or lang in self.languages

    def contributions(self, features: Sequence[float]) -> list[float]:
        """Return what each feature adds to the logit, in the order of FEATURES."""
        return [w * x for w, x in zip(self.weights, features, strict=True)]

    def logit(self, features: Sequence[float]) -> float:
        """Return the bias plus all contributions."""
        return math.fsum([self.bias, *self.contributions(features)])

    def probability(self, features: Sequence[float]) -> float:
        """Return the probability that a pair is one event, in [0, 1]."""
        return 1 / (1 + math.exp(-self.logit(features)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The arriving story against one member of an event.

    `veto` is why the two can't be one event whatever the features say, or None.
    """

    story_id: str
    event_id: str
    features: tuple[float, ...]
    veto: str | None = None

    @property
    def similarity(self) -> float:
        """Cosine of title and lead together, in [-1, 1]."""
        return self.features[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a story goes, and why.

    Attributes:
        event_id: the event joined; None to open a new one.
        probability: of the best event; 0 without candidates.
        runner_up: the second-best event with its probability; None without one.
        pairs: the members of the best event that decided, the nearest first.
        model: the pair model in force.
        vetoed: the pairs that forbid an event that would have been considered.
    """

    event_id: str | None
    probability: float
    runner_up: tuple[str, float] | None
    pairs: tuple[Pair, ...]
    model: PairModel
    vetoed: tuple[Pair, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return the join record: everything that `why` needs to tell."""
        return {
            "joined": self.event_id is not None,
            "probability": self.probability,
            "threshold": self.model.threshold,
            "runner_up": self.runner_up,
            "model": self.model.name,
            "vetoed": [
                {"story_id": p.story_id, "event_id": p.event_id, "reason": p.veto}
                for p in self.vetoed
            ],
            "pairs": [
                {
                    "story_id": pair.story_id,
                    "bias": self.model.bias,
                    "logit": self.model.logit(pair.features),
                    "features": [
                        {"name": name, "value": value, "contribution": part}
                        for name, value, part in zip(
                            FEATURES,
                            pair.features,
                            self.model.contributions(pair.features),
                            strict=True,
                        )
                    ],
                }
                for pair in self.pairs
            ],
        }


def decide(pairs: Sequence[Pair], model: PairModel) -> Decision:
    """Decide where a story goes.

    An event is out of the question if one of its nearest members vetoes it.

    Args:
        pairs: the story against members of the events that could be its own.
        model: weights and threshold.
    """
    by_event: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda p: (-p.similarity, p.story_id)):
        by_event.setdefault(pair.event_id, []).append(pair)
    nearest = {event: group[:NEAREST_MEMBERS] for event, group in by_event.items()}
    vetoed = tuple(p for group in nearest.values() for p in group if p.veto)
    for pair in vetoed:
        nearest.pop(pair.event_id, None)
    ranked = sorted(
        (
            (
                math.fsum(model.probability(p.features) for p in group) / len(group),
                event,
            )
            for event, group in nearest.items()
        ),
        key=lambda found: (-found[0], found[1]),
    )
    if not ranked:
        return Decision(
            event_id=None,
            probability=0.0,
            runner_up=None,
            pairs=(),
            model=model,
            vetoed=vetoed,
        )
    probability, best = ranked[0]
    return Decision(
        event_id=best if probability >= model.threshold else None,
        probability=probability,
        runner_up=(ranked[1][1], ranked[1][0]) if len(ranked) > 1 else None,
        pairs=tuple(nearest[best]),
        model=model,
        vetoed=vetoed,
    )
