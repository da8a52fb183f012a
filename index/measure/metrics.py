"""How well predicted events match gold events, and what simpler rules would score."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, NamedTuple

import numpy as np

ROUNDS: Final = 1_000  # of the bootstrap
SPARSE: Final = 3  # reports of each of two gold events that make an event a false join


class Scores(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How a grouping of stories compares with the gold one.

    Attributes:
        b_cubed: averaged over stories (Bagga and Baldwin 1998).
        pairwise: over pairs of stories that are in one event.
        ari: adjusted Rand index (Hubert and Arabie 1985), 0 for chance, 1 at best.
        v_measure: Rosenberg and Hirschberg 2007, in [0, 1].
        events: how many were found.
        gold_events: how many there are.
        largest: share of the stories that the largest event found holds.
        singletons: share of the stories that are alone in their event.
        false_joins: events found that hold 3 or more reports of each of two gold ones.
    """

    b_cubed: Scores
    pairwise: Scores
    ari: float
    v_measure: float
    events: int
    gold_events: int
    largest: float
    singletons: float
    false_joins: int

    def to_json(self) -> dict[str, Any]:
        """Return the numbers by name, rounded to four digits."""
        scores = {
            f"{name}_{part}": value
            for name, score in (("b_cubed", self.b_cubed), ("pairwise", self.pairwise))
            for part, value in score._asdict().items()
        }
        return {
            name: round(value, 4)
            for name, value in (
                *scores.items(),
                ("ari", self.ari),
                ("v_measure", self.v_measure),
                ("events", self.events),
                ("gold_events", self.gold_events),
                ("largest_share", self.largest),
                ("singleton_rate", self.singletons),
                ("false_joins", self.false_joins),
            )
        }


Uncertain = Mapping[str, Collection[str]]


def score(
    predicted: Mapping[str, Hashable],
    gold: Mapping[str, Hashable],
    uncertain: Uncertain | None = None,
) -> Grouping:
    """Return all scores of a grouping.

    Args:
        predicted: event by story, for each story of gold.
        gold: event by story.
        uncertain: by story, those with which its pair counts neither for nor against;
            each pair named from both sides. ARI and V-measure can't leave pairs out:
            there they count as gold says.

    Raises:
        ValueError: gold is empty.
    """
    from sklearn.metrics import (  # noqa: PLC0415  (0.5 s, paid by eval alone)
        adjusted_rand_score,
        v_measure_score,
    )

    labels = [str(predicted[story]) for story in gold]
    wanted = [str(gold[story]) for story in gold]
    sizes = Counter(labels)
    return Grouping(
        b_cubed=b_cubed(predicted, gold, uncertain),
        pairwise=pairwise(predicted, gold, uncertain),
        ari=float(adjusted_rand_score(wanted, labels)),
        v_measure=float(v_measure_score(wanted, labels)),
        events=len(sizes),
        gold_events=len(set(wanted)),
        largest=max(sizes.values()) / len(labels),
        singletons=sum(1 for n in sizes.values() if n == 1) / len(labels),
        false_joins=_false_joins(predicted, gold),
    )


def b_cubed(
    predicted: Mapping[str, Hashable],
    gold: Mapping[str, Hashable],
    uncertain: Uncertain | None = None,
) -> Scores:
    """Return B-cubed scores (Bagga and Baldwin 1998), averaged over the gold stories.

    Args:
        predicted: event by story; a story of gold that is missing counts as alone.
        gold: event by story.
        uncertain: see `score`.

    Raises:
        ValueError: gold is empty.
    """
    return mean_scores(b_cubed_by_story(predicted, gold, uncertain).values())


def b_cubed_by_story(
    predicted: Mapping[str, Hashable],
    gold: Mapping[str, Hashable],
    uncertain: Uncertain | None = None,
) -> dict[str, tuple[float, float]]:
    """Return (precision, recall) of each gold story; see `b_cubed`."""
    grouped = {story: predicted.get(story, ("alone", story)) for story in gold}
    both = Counter((grouped[story], gold[story]) for story in gold)
    in_grouped, in_gold = Counter(grouped.values()), Counter(gold.values())
    scores = {}
    for story in gold:
        hits, mine, wanted = (
            both[grouped[story], gold[story]],
            in_grouped[grouped[story]],
            in_gold[gold[story]],
        )
        for other in (uncertain or {}).get(story, ()):
            is_grouped = grouped.get(other) == grouped[story]
            is_gold = gold.get(other) == gold[story]
            hits -= is_grouped and is_gold
            mine -= is_grouped
            wanted -= is_gold
        scores[story] = hits / mine, hits / wanted
    return scores


def mean_scores(by_story: Collection[tuple[float, float]]) -> Scores:
    """Return the scores that (precision, recall) by story make.

    Raises:
        ValueError: there is none.
    """
    if not by_story:
        raise ValueError("no gold stories")
    precision, recall = (math.fsum(part) for part in zip(*by_story, strict=True))
    return _scores(precision / len(by_story), recall / len(by_story))


def bootstrap(
    by_story: Mapping[str, tuple[float, float]], gold: Mapping[str, Hashable]
) -> tuple[float, float]:
    """Return the 95 % interval of B-cubed F1 (Efron 1979, percentiles).

    Gold events are drawn again, with all their stories: stories of one event are not
    independent.

    Args:
        by_story: see `b_cubed_by_story`.
        gold: event by story.
    """
    by_event: dict[Hashable, list[tuple[float, float]]] = defaultdict(list)
    for story, scores in by_story.items():
        by_event[gold[story]].append(scores)
    sums = np.array([[*np.sum(s, axis=0), len(s)] for s in by_event.values()])
    draws = np.random.default_rng(0).integers(len(sums), size=(ROUNDS, len(sums)))
    precision, recall, count = sums[draws].sum(axis=1).T
    p, r = precision / count, recall / count
    low, high = np.percentile(2 * p * r / (p + r), [2.5, 97.5])
    return float(low), float(high)


def pairwise(
    predicted: Mapping[str, Hashable],
    gold: Mapping[str, Hashable],
    uncertain: Uncertain | None = None,
) -> Scores:
    """Return precision and recall over pairs of stories in one event.

    Precision is 1 where no pair is predicted, recall 1 where gold has none.
    """
    left_out = uncertain or {}
    joined, wanted = (_pairs(groups, gold, left_out) for groups in (predicted, gold))
    hits = len(joined & wanted)
    return _scores(
        hits / len(joined) if joined else 1.0, hits / len(wanted) if wanted else 1.0
    )


class OfLanguages(NamedTuple):
    """Pairs of reports in two given languages, or in one.

    Attributes:
        same: that are of one event.
        joined: of these, that are in one event found.
        wrong: of two events, and in one event found.
    """

    same: int
    joined: int
    wrong: int


def by_languages(
    predicted: Mapping[str, Hashable],
    gold: Mapping[str, Hashable],
    languages: Mapping[str, str],
    uncertain: Uncertain | None = None,
) -> dict[tuple[str, str], OfLanguages]:
    """Return what became of the pairs of each two languages, the first before in A-Z.

    Languages of which no pair is of one event, or in one event found, are left out.

    Args:
        predicted: event by story.
        gold: event by story.
        languages: language by story.
        uncertain: see `score`.
    """
    left_out = uncertain or {}
    joined, wanted = (_pairs(groups, gold, left_out) for groups in (predicted, gold))
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    right = joined & wanted
    for pair in joined | wanted:
        a, b = sorted(languages[one] for one in pair)
        parts = (pair in wanted, pair in right, pair not in wanted)
        counts[a, b] = [n + part for n, part in zip(counts[a, b], parts, strict=True)]
    return {pair: OfLanguages(*counts[pair]) for pair in sorted(counts)}


def _pairs(
    groups: Mapping[str, Hashable], stories: Mapping[str, Hashable], left_out: Uncertain
) -> set[tuple[str, str]]:
    members: dict[Hashable, list[str]] = defaultdict(list)
    for story in sorted(stories):
        members[groups[story]].append(story)
    return {
        (a, b)
        for group in members.values()
        for a, b in combinations(group, 2)
        if b not in left_out.get(a, ())
    }


def _scores(precision: float, recall: float) -> Scores:
    return Scores(precision, recall, f_beta(precision, recall))


def f_beta(precision: float, recall: float, beta: float = 1.0) -> float:
    """Return F-beta (van Rijsbergen 1979): recall counts beta times as much."""
    total = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / total if total else 0.0


def _false_joins(
    predicted: Mapping[str, Hashable], gold: Mapping[str, Hashable]
) -> int:
    inside: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for story, event in gold.items():
        inside[predicted[story]][event] += 1
    return sum(
        1 for counts in inside.values() if sum(n >= SPARSE for n in counts.values()) > 1
    )


def found_among(
    nearest: Mapping[str, Sequence[str]], gold: Mapping[str, Hashable], k: int
) -> float | None:
    """Return the share of stories that have a mate among their k nearest.

    Args:
        nearest: for each story, others by similarity, the best first.
        gold: event by story; only stories whose event has another one count.
        k: how many are looked at.

    Returns:
        A share in [0, 1]; None if no story has a mate.
    """
    sizes = Counter(gold.values())
    asked = [story for story in gold if sizes[gold[story]] > 1]
    hits = sum(any(gold[o] == gold[s] for o in nearest[s][:k]) for s in asked)
    return hits / len(asked) if asked else None
