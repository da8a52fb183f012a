"""Which event a report joins, if any.

A report's probability of belonging to an event is the mean over the event's nearest
members, in which each outlet weighs once; it joins the best event if that reaches the
threshold. An event is out of the question if one of the members that speak for it
vetoes the report.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from samestory.days import DAY_S
from samestory.index.decision.comparison import Comparison
from samestory.index.decision.features import FEATURES, View
from samestory.index.decision.join_record import JoinRecord, PairRecord, Veto
from samestory.index.decision.pair_model import PairModel

WINDOW_S: Final = 7 * DAY_S  # candidates lie within 7 days of the story's own time
NEAREST_MEMBERS: Final = 5  # mean of the top 3 to 5 measured best
SEEN: Final = 0.02  # probability that another outlet must see, or one is not believed
RANKED: Final = 4  # events that a decision tells: the best and three others


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An event that a story may belong to, told by its nearest members.

    Attributes:
        event_id: the event.
        compared: the story with the members nearest to it, the nearest first.
        probability: the mean over the members, see `believed`, in [0, 1].
    """

    event_id: str
    compared: Comparison
    probability: float

    @property
    def members(self) -> tuple[View, ...]:
        """Those that speak for the event, the nearest first."""
        return self.compared.others

    def pairs(self, event_probability: float | None = None) -> tuple[PairRecord, ...]:
        """Return the sum that each pair of the story with a member makes."""
        compared = self.compared
        return tuple(
            PairRecord(
                story_id=member.story_id,
                bias=compared.model.bias,
                logit=logit,
                features=tuple(zip(FEATURES, values, parts, strict=True)),
                event_probability=event_probability,
            )
            for member, logit, values, parts in zip(
                self.members,
                compared.logits.tolist(),
                compared.features.tolist(),
                compared.contributions.tolist(),
                strict=True,
            )
        )

    def vetoes(self) -> list[Veto]:
        """Return the members that rule the event out."""
        return [
            Veto(
                story_id=member.story_id,
                event_id=self.event_id,
                reason=reason,
                probability=self.probability,
            )
            for member, reason in zip(self.members, self.compared.vetoes, strict=True)
            if reason
        ]


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

    def record(self) -> JoinRecord:
        """Return the join record: everything that `why` needs to tell."""
        return JoinRecord(
            joined=self.event_id is not None,
            probability=self.probability,
            threshold=self.model.threshold,
            runner_up=self.runner_up,
            crowd=self.crowd,
            model=self.model.name,
            vetoed=self.vetoed,
            pairs=self.ranked[0].pairs() if self.ranked else (),
        )


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
    candidates: Sequence[Candidate], model: PairModel, crowd: float = 0.0
) -> Decision:
    """Decide where a story goes.

    Args:
        candidates: the events that could be its own.
        model: weights and threshold.
        crowd: how crowded the topic is around the story.
    """
    ranked: list[Candidate] = []
    vetoed: list[Veto] = []
    for one in sorted(candidates, key=lambda c: (-c.probability, c.event_id)):
        if len(ranked) == RANKED:
            break
        against = one.vetoes()
        vetoed += against
        if not against:
            ranked.append(one)
    return Decision(
        ranked=tuple(ranked), vetoed=tuple(vetoed), model=model, crowd=crowd
    )
