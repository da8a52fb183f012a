"""Fits the pair model on labelled streams, and measures it on what it has not seen.

Two halves by event, in one stream, so that either meets the crowd that it would meet.
Each is fitted with the word counts of the other, since words counted in the very
stories that are fitted on look more telling than they are, and measured
with the model and the counts of the other. The artefact is then fitted on both.
"""

import gzip
import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from samestory.errors import Misconfigured
from samestory.index.decision.comparison import compare
from samestory.index.decision.features import ACROSS, FEATURES, IN_COMMON, View
from samestory.index.decision.pair_model import PACKAGED_MODEL, PairModel
from samestory.index.decision.terms import (
    PACKAGED_COUNTS,
    WORD_COUNTS,
    Rarity,
    count_words,
    digest_of,
    packaged_rarity,
)
from samestory.index.grouping.grouper import Grouper
from samestory.index.measure.in_memory import InMemory
from samestory.index.measure.labels import Pairs, PeoplesPairs, Stream, together
from samestory.index.measure.metrics import (
    Grouping,
    b_cubed_by_story,
    bootstrap,
    f_beta,
    score,
)
from samestory.index.search.memory import Memory

HALVES: Final = (0, 1)
BOTH: Final = 2
# How much recall counts beside precision: a wrong join costs a reader more.
BETAS: Final = {"tight": 0.25, "balanced": 0.7, "loose": 2.0}
LEAST_ACROSS: Final = 100  # pairs of one event: fewer teach no weights of their own
_TWO_LANGUAGES: Final = FEATURES.index("two_languages")
PENALTY: Final = 10.0  # inverse strength of the L2 penalty, features scaled to spread 1


def grouped(
    stream: Stream, models: Sequence[PairModel], rarities: Sequence[Rarity]
) -> tuple[dict[str, str], dict[str, str]]:
    """Group stories in their order with the index's code.

    Args:
        stream: the stories.
        models: what decides on those of either half.
        rarities: of words, for those of either half.

    Returns:
        The event of each story id on arrival, and at the end.
    """
    seen = stream.views(rarities)
    memory, membership, arrived = _memory(seen), InMemory(), {}
    for at, half in enumerate(stream.halves):
        plan = Grouper(models[half], memory, membership).arrive(seen[at])
        one = seen[at] = plan.view
        memory.put(one)
        membership.put(one.seq, plan.event_id, one.outlet)
        arrived[one.story_id] = plan.event_id
        for move in plan.moves:
            for seq in move.seqs:
                membership.move(seq, move.target)
    events = membership.events_of([view.seq for view in seen])
    return arrived, {view.story_id: events[view.seq] for view in seen}


def _memory(seen: Sequence[View]) -> Memory:
    return Memory(len(seen[0].whole), lambda seqs: [seen[seq] for seq in seqs])


def pairs(stream: Stream, rarities: Sequence[Rarity]) -> tuple[Pairs, Pairs, Pairs]:
    """Return the pairs that the index would look at, of either half and of both.

    Each story with those near it that came before, as the index finds them among all.

    Returns:
        Of the first half, of the second, and of one story of each: features, shape
        (n, features); whether each pair is one event, and its weight.
    """
    seen = stream.views(rarities)
    model = PairModel.unfitted()
    memory = _memory(seen)
    size = Counter(stream.events)
    nothing = np.zeros((0, len(FEATURES))), np.zeros(0, bool), np.zeros(0)
    parts: tuple[list[Pairs], ...] = ([nothing], [nothing], [nothing])
    for at, half in enumerate(stream.halves):
        one, near = memory.near(seen[at])
        seen[at] = one
        memory.put(one)
        unsure = stream.uncertain.get(one.story_id, ())
        others = [seen[seq] for seq in near if seen[seq].story_id not in unsure]
        event = stream.events[at]
        same = np.array([stream.events[other.seq] == event for other in others], bool)
        own = np.array([stream.halves[other.seq] == half for other in others], bool)
        # Else big events own the pairs. By the root: divided by the
        # size itself they leave probabilities too low (docs/quality.md).
        weights = np.where(same, max(1, size[event] - 1) ** -0.5, 1.0) * stream.weight
        features = compare(one, others, model).features
        for part, of in ((half, own), (BOTH, ~own)):
            parts[part].append((features[of], same[of], weights[of]))
    first, second, both = map(together, parts)
    return first, second, both


def fitted(parts: Sequence[Pairs]) -> PairModel:
    """Return the pair model of these pairs: logistic regression with an L2 penalty.

    What two reports have in common counts for nothing where it would count against
    them: in short texts shared words would, beside a cosine that knows as much.

    Pairs of two languages are fitted once more by themselves, if LEAST_ACROSS of them
    are one event. Those of one language are better for being fitted with them:
    docs/quality.md.

    Raises:
        Misconfigured: there are no pairs of one event, or none of two.
    """
    x, y, w = together(parts)
    if not y.any() or y.all():
        raise Misconfigured(
            f"too few labels to learn from: {y.sum()} pairs of one event and"
            f" {(~y).sum()} of two in a half of the events; add labelled stories"
        )
    bias, weights = _weights(x, y, w, FEATURES)
    of = x[:, _TWO_LANGUAGES] > 0
    across = None
    if np.count_nonzero(y[of]) >= LEAST_ACROSS and not y[of].all():
        own, across = _weights(x[of], y[of], w[of], ACROSS)
        across[_TWO_LANGUAGES] = own - bias  # it is 1 in each
    return PairModel(
        name="fitted",
        bias=bias,
        weights=tuple(weights.tolist()),
        across=None if across is None else tuple(across.tolist()),
        threshold=0.5,
    )


def _weights(
    x: NDArray[np.float64],
    y: NDArray[np.bool_],
    w: NDArray[np.float64],
    names: Collection[str],
) -> tuple[float, NDArray[np.float64]]:
    """Return the bias, and the weights of all features: 0 but of those of `names`."""
    spread = x.std(axis=0)  # so that the penalty means the same for every feature
    used = (spread > 0) & [name in names for name in FEATURES]
    spread[spread == 0] = 1
    x = x / spread
    common = [FEATURES.index(name) for name in IN_COMMON]
    while True:
        bias, found = _regression(x * used, y, w)
        against = [at for at in common if used[at] and found[at] < 0]
        if not against:
            return bias, found * used / spread
        used[against] = False


def _regression(
    x: NDArray[np.float64], y: NDArray[np.bool_], w: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the intercept and the coefficients, shape (features,)."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (0.5 s)

    found = LogisticRegression(C=PENALTY, max_iter=2_000).fit(x, y, sample_weight=w)
    return float(found.intercept_[0]), found.coef_[0]


def counted(streams: Sequence[Stream], half: int | None) -> tuple[int, Counter[str]]:
    """Return documents and word counts of one half of the events, None for both."""
    total, words = 0, Counter[str]()
    for stream in streams:
        if stream.counted:
            n, counts = count_words(
                (story.title, story.text)
                for story, h in zip(stream.stories, stream.halves, strict=True)
                if half in (None, h)
            )
            total += n
            words += counts
    return total, words


@dataclass(frozen=True, kw_only=True)
class Measured:
    """How a stream is grouped out of fold with a threshold.

    `interval` is the 95 % interval of B-cubed F1 at the end, over events.
    """

    stream: Stream
    threshold: float
    on_arrival: Grouping
    at_end: Grouping
    interval: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Halves:
    """What two halves by event learnt: each its model, each its word counts."""

    models: tuple[PairModel, PairModel]
    rarities: tuple[Rarity, Rarity]

    def measured(self, stream: Stream, threshold: float) -> Measured:
        """Group the stories, those of each half with what the other learnt."""
        other, one = (replace(m, threshold=threshold) for m in self.models)
        on_arrival, at_end = grouped(stream, (one, other), self.rarities[::-1])
        ids = [story.story_id for story in stream.stories]
        gold = dict(zip(ids, stream.events, strict=True))
        return Measured(
            stream=stream,
            threshold=threshold,
            on_arrival=score(on_arrival, gold, stream.uncertain),
            at_end=score(at_end, gold, stream.uncertain),
            interval=bootstrap(b_cubed_by_story(at_end, gold, stream.uncertain), gold),
        )


def proposed(measures: Sequence[Measured]) -> dict[str, float]:
    """Return the threshold of each position of the knob.

    The best mean over the streams of the B-cubed F-beta of BETAS. Copies of streams as
    if they were foreign or undated have no say.
    """
    best = {}
    for joining, beta in BETAS.items():
        by_threshold: dict[float, list[float]] = defaultdict(list)
        for one in measures:
            if one.stream.has_say:
                precision, recall, _ = one.at_end.b_cubed
                by_threshold[one.threshold].append(f_beta(precision, recall, beta))
        best[joining] = max(by_threshold, key=lambda t: (math.fsum(by_threshold[t]), t))
    return best


def halves(
    streams: Sequence[Stream],
    counts: tuple[int, Counter[str]] | None,
    tell: Callable[[str], None],
    people: Sequence[PeoplesPairs] = (),
) -> tuple[Halves, list[Pairs]]:
    """Let each half learn; return also the pairs of all, for the artefact.

    Args:
        streams: what is learnt from.
        counts: documents and word counts of other texts, to which those of the
            streams are added; None to take the packaged counts as they are.
        tell: is told what is done.
        people: what is learnt from, too.
    """
    rarities = rarity_of(streams, counts, 0), rarity_of(streams, counts, 1)
    parts: tuple[list[Pairs], ...] = ([], [], [])
    for stream in streams:
        for half, learnt in enumerate(pairs(stream, rarities[::-1])):
            parts[half].append(learnt)
        tell(f"{stream.name}: {sum(len(p[-1][1]) for p in parts)} pairs")
    for said in people:
        for half, learnt in enumerate(said.pairs(rarities[::-1])):
            parts[half].append(learnt)
        tell(f"{said.name}: {len(said.same)} pairs")
    models = (fitted(_as_of_all(parts[0])), fitted(_as_of_all(parts[1])))
    return Halves(models=models, rarities=rarities), [*chain(*parts)]


def _as_of_all(parts: Sequence[Pairs]) -> list[Pairs]:
    """Return the pairs of a half weighed as if those with the other were there.

    These are of two events each, and about as many as the half's own: without them two
    reports would look more alike to a half than to the whole.
    """
    return [(x, same, np.where(same, w, 2 * w)) for x, same, w in parts]


def rarity_of(
    streams: Sequence[Stream], counts: tuple[int, Counter[str]] | None, half: int | None
) -> Rarity:
    """Return the rarities of one half, None for both; without counts the packaged."""
    if counts is None:
        return packaged_rarity()
    total, words = counted(streams, half)
    return Rarity(total + counts[0], words + counts[1])


def write_artefact(
    folder: Path,
    model: PairModel,
    thresholds: Mapping[str, float],
    counts: tuple[int, Counter[str]] | None,
    provenance: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the pair model with its word counts; return what its JSON holds.

    Args:
        folder: where both files go.
        model: fitted on everything.
        thresholds: by position of the knob.
        counts: documents and words; None for the packaged ones.
        provenance: what it was made of.
    """
    data = gzip.decompress(PACKAGED_COUNTS.read_bytes())
    if counts is not None:
        kept = sorted((word, n) for word, n in counts[1].items() if n > 1)
        lines = [f"documents {counts[0]}", *(f"{word} {n}" for word, n in kept)]
        data = "\n".join(lines).encode()
    artefact: dict[str, Any] = {
        "bias": round(model.bias, 4),
        "weights": _named(model.weights, FEATURES),
        **({"across": _named(model.across, ACROSS)} if model.across else {}),
        "thresholds": dict(thresholds),
        "space": model.space_id,
        "word_counts": digest_of(data),
        "provenance": dict(provenance),
    }
    name = hashlib.sha256(json.dumps(artefact).encode()).hexdigest()[:8]
    artefact = {"name": f"pair-{name}", **artefact}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WORD_COUNTS).write_bytes(gzip.compress(data, mtime=0))
    text = json.dumps(artefact, indent=2) + "\n"
    (folder / PACKAGED_MODEL.name).write_text(text, "utf-8")
    return artefact


def _named(weights: Sequence[float], names: Sequence[str]) -> dict[str, float]:
    return {name: round(weights[FEATURES.index(name)], 4) for name in names}
