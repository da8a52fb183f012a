"""How well predicted events match gold events."""

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import NamedTuple


class Scores(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def b_cubed(predicted: Mapping[str, Hashable], gold: Mapping[str, Hashable]) -> Scores:
    """Return B-cubed scores (Bagga and Baldwin 1998), averaged over the gold stories.

    Args:
        predicted: event by story; a story of gold that is missing counts as alone.
        gold: event by story.

    Raises:
        ValueError: gold is empty.
    """
    if not gold:
        raise ValueError("no gold stories")
    found = {story: predicted.get(story, ("alone", story)) for story in gold}
    both = Counter((found[story], gold[story]) for story in gold)
    in_found = Counter(found.values())
    in_gold = Counter(gold.values())
    precision = sum(n * n / in_found[f] for (f, _), n in both.items()) / len(gold)
    recall = sum(n * n / in_gold[g] for (_, g), n in both.items()) / len(gold)
    return Scores(precision, recall, 2 * precision * recall / (precision + recall))
