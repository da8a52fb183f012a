"""Why a story is in its event: what was compared when it was put there.

Written when a decision is made, read by `why`; never computed anew, so that it tells
what counted then. In the state it is a JSON object.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """A member that rules its event out, whatever the features say.

    Attributes:
        probability: of the event, were there no veto; 0 where it was not kept.
    """

    story_id: str
    event_id: str
    reason: str
    probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """A pair that was compared.

    Attributes:
        story_id: the member that the story was compared with.
        bias: what the sum begins with.
        logit: the sum.
        features: (name, value, contribution) of each; with the bias they add up.
        event_probability: of the event as a whole, where it is another than the one
            that the record tells; None where it is not.
    """

    story_id: str
    bias: float
    logit: float
    features: tuple[tuple[str, float, float], ...]
    event_probability: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        fields: dict[str, Any] = {
            "story_id": self.story_id,
            "bias": self.bias,
            "logit": self.logit,
            "features": [
                {"name": name, "value": value, "contribution": part}
                for name, value, part in self.features
            ],
        }
        if self.event_probability is not None:
            fields["event_probability"] = self.event_probability
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Build from what `to_json` made."""
        return cls(
            story_id=fields["story_id"],
            bias=fields["bias"],
            logit=fields["logit"],
            features=tuple(
                (one["name"], one["value"], one["contribution"])
                for one in fields["features"]
            ),
            event_probability=fields.get("event_probability"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The last time that a story went to another event on a second look.

    Attributes:
        reason: moved, left, merged or split.
        source: the event that it left.
        target: the event that it joined.
        after: the story that gave cause to look; its own id for a new version.
    """

    reason: str
    source: str
    target: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRecord:
    """Why a story is in its event.

    Attributes:
        joined: whether it joined an event that was there; else it opened one.
        probability: that it belongs to the best event; 0 without candidates.
        threshold: that the probability had to reach.
        runner_up: the second-best event and its probability; None without one.
        crowd: how crowded the topic was around the story.
        model: name of the pair model that decided.
        vetoed: what ruled out events that would stand among the best.
        pairs: the story with the members that spoke for the best event.
        demanded: the event in which corrections put it; None if none did.
        moved: see `Moved`; None if it is where it was put.
        merged: pairs of the story with members of an event that its own one took in.
    """

    joined: bool = False
    probability: float = 0.0
    threshold: float = 0.0
    runner_up: tuple[str, float] | None = None
    crowd: float = 0.0
    model: str = ""
    vetoed: tuple[Veto, ...] = ()
    pairs: tuple[PairRecord, ...] = ()
    demanded: str | None = None
    moved: Moved | None = None
    merged: tuple[PairRecord, ...] = ()

    def without(self, story_ids: frozenset[str]) -> "JoinRecord":
        """Return it without vetoes by these stories, which may quote their words."""
        kept = tuple(one for one in self.vetoed if one.story_id not in story_ids)
        return replace(self, vetoed=kept)

    def encode(self) -> str:
        """Return it as JSON text."""
        runner_up = self.runner_up
        fields: dict[str, Any] = {
            "joined": self.joined,
            "probability": self.probability,
            "threshold": self.threshold,
            "runner_up": list(runner_up) if runner_up else None,
            "crowd": self.crowd,
            "model": self.model,
            "vetoed": [asdict(one) for one in self.vetoed],
            "pairs": [pair.to_json() for pair in self.pairs],
        }
        if self.demanded is not None:
            fields["demanded"] = self.demanded
        if self.moved is not None:
            fields["moved"] = {
                "reason": self.moved.reason,
                "from": self.moved.source,
                "to": self.moved.target,
                "after": self.moved.after,
            }
        if self.merged:
            fields["merged"] = [pair.to_json() for pair in self.merged]
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the record of a JSON text; one of an older samestory may lack parts.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        fields = json.loads(text)
        runner_up, moved = fields.get("runner_up"), fields.get("moved")
        return cls(
            joined=fields.get("joined", False),
            probability=fields.get("probability", 0.0),
            threshold=fields.get("threshold", 0.0),
            runner_up=(runner_up[0], runner_up[1]) if runner_up else None,
            crowd=fields.get("crowd", 0.0),
            model=fields.get("model", ""),
            vetoed=tuple(Veto(**one) for one in fields.get("vetoed", ())),
            pairs=tuple(map(PairRecord.from_json, fields.get("pairs", ()))),
            demanded=fields.get("demanded"),
            moved=moved
            and Moved(
                reason=moved["reason"],
                source=moved["from"],
                target=moved["to"],
                after=moved["after"],
            ),
            merged=tuple(map(PairRecord.from_json, fields.get("merged", ()))),
        )
