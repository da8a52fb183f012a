"""Why two reports are in one event, or why not, from the records of the decisions.

A story joins an event for its likeness to a few of its members. So an event is a graph
of compared pairs, and two of its stories are together by a chain of them: the one whose
weakest pair is strongest.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from samestory.counted import counted
from samestory.errors import Misconfigured
from samestory.index.answers.shared_terms import shared_terms
from samestory.index.answers.strongest_path import strongest_path
from samestory.index.decision.comparison import compare
from samestory.index.decision.decision import WINDOW_S
from samestory.index.decision.features import FEATURES, apart_s
from samestory.index.decision.join_record import JoinRecord, PairRecord
from samestory.index.decision.pair_model import PairModel
from samestory.index.messages.correction import MARKS
from samestory.index.store.corrections import ACCEPTED, in_words
from samestory.index.store.held import Held
from samestory.index.store.results import no_stories
from samestory.index.store.rows import Member
from samestory.story import Story

_PARTED: Final = {
    "moved": "fitted the other event clearly better",
    "left": "no longer fitted",
    "split": "turned out to be on the far side of one weak pair",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One pair that was compared.

    Attributes:
        story: the one that arrived.
        other: the one that was there.
        features: name, value and contribution to the logit; with the bias they add up.
        probability: that the pair is one event, in [0, 1].
        joined: the probability of the event as a whole, the mean over its nearest
            members; what the threshold was held against.
        runner_up: the second-best event and its probability; None without one.
        model: name of the pair model.
        veto: why the two can't be one event whatever the sum says; None if nothing
            forbids it, as for all that joined.
    """

    story: Story
    other: Story
    features: tuple[tuple[str, float, float], ...]
    bias: float
    logit: float
    joined: float
    threshold: float
    runner_up: tuple[str, float] | None
    model: str
    veto: str | None

    @property
    def probability(self) -> float:
        """That both tell one event, by this pair alone."""
        return 1 / (1 + math.exp(-self.logit))

    @property
    def ends(self) -> tuple[str, str]:
        """The ids of the two stories."""
        return self.story.story_id, self.other.story_id

    @property
    def shared(self) -> tuple[str, ...]:
        """Names and numbers that are in both texts; both are read for it."""
        return shared_terms(self.story, self.other)

    @property
    def hours_apart(self) -> float:
        """Hours between the two stories' own times, see `apart_s`."""
        one, other = (
            (story.event_time.timestamp(), story.is_day)
            for story in (self.story, self.other)
        )
        return apart_s(one, other) / 3600

    def to_json(self) -> dict[str, Any]:
        """Return the link as `why --json` prints it."""
        runner_up = self.runner_up
        return {
            "from": self.story.story_id,
            "to": self.other.story_id,
            "features": [
                {"name": name, "value": value, "contribution": part}
                for name, value, part in self.features
            ],
            "bias": self.bias,
            "logit": self.logit,
            "probability": self.probability,
            "event_probability": self.joined,
            "threshold": self.threshold,
            "shared": list(self.shared),
            "hours_apart": round(self.hours_apart, 3),
            "runner_up": runner_up
            and {"event_id": runner_up[0], "probability": runner_up[1]},
            "margin": self.joined - (runner_up[1] if runner_up else 0.0),
            "model": self.model,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why stories are together or apart.

    Attributes:
        stories: those asked about; for an event its members, in order of arrival.
        event_id: the event that they share; None if they are apart.
        chain: from the first to the second story, or each member's best pair; of two
            stories apart, their comparison.
        reason: in a sentence.
        direct: of two stories that others join, what they are to each other.
    """

    stories: tuple[Member, ...]
    event_id: str | None
    chain: tuple[Link, ...]
    reason: str
    direct: Link | None = None

    @property
    def weakest(self) -> Link | None:
        """The link that the rest hangs on; None without links."""
        return min(self.chain, key=lambda link: link.logit, default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the object that `why --json` prints."""
        return {
            "stories": [member.story.story_id for member in self.stories],
            "event_id": self.event_id,
            "reason": self.reason,
            "chain": [link.to_json() for link in self.chain],
            "direct": self.direct
            and {"probability": self.direct.probability, "veto": self.direct.veto},
        }


def why_pair(
    state: Held, a: Member, b: Member, open_model: Callable[[], PairModel]
) -> Explanation:
    """Explain what joins two stories, or what keeps them apart.

    Args:
        state: where they are.
        a: a story.
        b: another.
        open_model: opens what compares two stories with each other; that those are
            together that are is told by the records of their own decisions.

    Raises:
        Misconfigured: it is one story twice.
    """
    if a.seq == b.seq:
        raise Misconfigured(
            f"{a.story.story_id} twice: name two stories, or an event that has others"
        )
    if a.event_id != b.event_id:
        return _apart(state, a, b, open_model())
    members = state.members_of(a.event_id)
    chain = strongest_path(_links(state, members), a.story.story_id, b.story.story_id)
    reason = (
        _by_people(state, a, b, members)
        or (len(chain) == 1 and "compared directly")
        or (chain and f"joined by {counted(len(chain), 'pair')}")
        or "those that joined them have left the event; compared anew"
    )
    direct = None
    if len(chain) != 1:
        earlier, later = sorted((a, b), key=lambda member: member.seq)
        direct = _now(state, earlier, later, open_model())
    return Explanation(
        stories=(a, b),
        event_id=a.event_id,
        chain=tuple(chain or filter(None, [direct])),
        reason=reason,
        direct=direct if chain else None,
    )


def _by_people(
    state: Held, a: Member, b: Member, members: Sequence[Member]
) -> str | None:
    """Return which corrections put two stories together; None if none did."""
    said = state.corrections.in_force().why_together(a.story.story_id, b.story.story_id)
    if said:
        return f"corrected: {in_words(said)}"
    inside = {member.story.story_id for member in members}
    moved = [
        one.correction
        for one in state.corrections.all()
        if one.status == ACCEPTED and inside & set(one.moved)
    ]
    return f"brought together by {in_words(moved)}" if moved else None


def why_event(state: Held, event_id: str) -> Explanation:
    """Explain an event: by which pair each of its stories came in."""
    members = sorted(state.members_of(event_id), key=lambda member: member.seq)
    if not members:
        raise no_stories(event_id)
    links = _links(state, members)
    best = [
        max(links_of_one, key=lambda link: link.logit)
        for links_of_one in _by_story(links)
    ]
    return Explanation(
        stories=tuple(members),
        event_id=event_id,
        chain=tuple(best),
        reason=f"{counted(len(members), 'story')}, each with the pair that speaks most"
        " for it",
    )


def why_story(state: Held, member: Member) -> Explanation:
    """Explain why a story joined its event, or opened it."""
    record = _record(state, member)
    links: list[Link] = []
    if record.demanded:
        reason = f"put where corrections want it: {_wanted(state, member)}"
    elif record.joined:
        links = _links(state, [member], state.members_of(member.event_id))
        reason = (
            f"joined with probability {record.probability:.2f}, the mean over"
            f" the {len(record.pairs)} nearest members, each outlet's taken as one;"
            f" {record.threshold:.2f} was needed"
        )
    else:
        reason = _opened(record)
    story_id = member.story.story_id
    if moved := record.moved:
        came = "its new version" if moved.after == story_id else moved.after
        reason = (
            f"{reason}; {moved.reason} from {moved.source} on a second look, when"
            f" {came} came"
        )
    corrected = [
        one
        for one in state.corrections.with_status(ACCEPTED)
        if one.correction.kind not in MARKS
        and story_id in (one.correction.a, one.correction.b, *one.moved)
    ]
    if corrected:
        said = f"corrected: {in_words([one.correction for one in corrected])}"
        is_moved = any(story_id in one.moved for one in corrected)
        reason = f"{said}; before that {reason}" if is_moved else f"{reason}; {said}"
    if former := state.history.versions(member.story.story_id):
        count = "1 former version" if len(former) == 1 else f"{len(former)} former ones"
        events = ", ".join(dict.fromkeys(one.event_id for one in former))
        reason = f"{reason}; {count} in {events}"
    return Explanation(
        stories=(member,),
        event_id=member.event_id,
        chain=tuple(links),
        reason=reason,
    )


def _wanted(state: Held, member: Member) -> str:
    """Return the corrections that put a story where it is."""
    constraints = state.corrections.in_force()
    partners = constraints.together(member.story.story_id)
    inside = {m.story.story_id for m in state.members_of(member.event_id)}
    for other in sorted(partners & inside - {member.story.story_id}):
        return in_words(constraints.why_together(member.story.story_id, other) or [])
    return "of stories that are not kept any more"


def _opened(record: JoinRecord) -> str:
    if not record.pairs:
        if record.vetoed:
            return f"opened the event: {record.vetoed[0].reason}"
        return "opened the event: there was no story within seven days of its time"
    return (
        f"opened the event: the best other had probability {record.probability:.2f},"
        f" {record.threshold:.2f} was needed"
    )


def _links(
    state: Held, members: Sequence[Member], others: Sequence[Member] | None = None
) -> list[Link]:
    """Return the recorded pairs of these stories with others of their event."""
    known = {m.story.story_id: m.story for m in (others or members)}
    links = []
    for member in members:
        record = _record(state, member)
        if not record.joined:
            continue
        links += [
            _recorded(member.story, known[pair.story_id], pair, record)
            for pair in (*record.pairs, *record.merged)
            if pair.story_id in known
        ]
    return links


def _recorded(story: Story, other: Story, pair: PairRecord, record: JoinRecord) -> Link:
    of_event = pair.event_probability
    return Link(
        story=story,
        other=other,
        features=pair.features,
        bias=pair.bias,
        logit=pair.logit,
        joined=record.probability if of_event is None else of_event,
        threshold=record.threshold,
        runner_up=record.runner_up,
        model=record.model,
        veto=None,
    )


def _record(state: Held, member: Member) -> JoinRecord:
    return state.joins.of(member.story.story_id) or JoinRecord()


def _by_story(links: Sequence[Link]) -> list[list[Link]]:
    by_story: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_story[link.story.story_id].append(link)
    return list(by_story.values())


def _apart(state: Held, a: Member, b: Member, model: PairModel) -> Explanation:
    earlier, later = sorted((a, b), key=lambda member: member.seq)
    link = _now(state, earlier, later, model)
    said = state.corrections.in_force().why_apart(a.story.story_id, b.story.story_id)
    return Explanation(
        stories=(a, b),
        event_id=None,
        chain=(link,),
        reason=f"corrected: {in_words(said)}"
        if said
        else _parted(state, earlier, later)
        or _kept_apart(link, earlier, later, _record(state, later)),
    )


def _now(state: Held, earlier: Member, later: Member, model: PairModel) -> Link:
    """Compare two stories now, in the crowds that they met when they came."""
    record = state.joins.of(later.story.story_id)
    new, old = (
        model.view(m.story, m.vectors, seq=m.seq, crowd=m.crowd)
        for m in (later, earlier)
    )
    comparison = compare(new, [old], model)
    ((values, parts),) = zip(
        comparison.features.tolist(), comparison.contributions.tolist(), strict=True
    )
    return Link(
        story=later.story,
        other=earlier.story,
        features=tuple(zip(FEATURES, values, parts, strict=True)),
        bias=model.bias,
        logit=float(comparison.logits[0]),
        joined=record.probability if record else 0.0,
        threshold=record.threshold if record else model.threshold,
        runner_up=record.runner_up if record else None,
        model=model.name,
        veto=comparison.vetoes[0],
    )


def _parted(state: Held, earlier: Member, later: Member) -> str | None:
    """Return which second look parted two stories; None if none did."""
    for member in (later, earlier):
        moved = _record(state, member).moved
        if moved and {moved.source, moved.target} == {later.event_id, earlier.event_id}:
            return (
                f"they were in one event until, on a second look when {moved.after}"
                f" came, {member.story.story_id} {_PARTED[moved.reason]}"
            )
    return None


def _kept_apart(link: Link, earlier: Member, later: Member, record: JoinRecord) -> str:
    """Return what kept the later story out of the earlier one's event."""
    if link.hours_apart * 3600 > WINDOW_S:
        days = link.hours_apart / 24
        return f"{days:.0f} days apart: only stories within seven days are compared"
    if link.veto:
        return f"they can't be one event: {link.veto}"
    for one in record.vetoed:
        if one.event_id == earlier.event_id:
            return f"{one.story_id} rules {earlier.event_id} out: {one.reason}"
    runner_up = record.runner_up
    if record.joined:
        mine = f"{later.story.story_id} joined {later.event_id} ({link.joined:.2f})"
        if runner_up and runner_up[0] == earlier.event_id:
            return f"{mine}; {earlier.event_id} was second with {runner_up[1]:.2f}"
        return f"{mine}; {earlier.event_id} was neither that nor second"
    return (
        f"{later.story.story_id} opened its own event: the best other had"
        f" {link.joined:.2f}, {link.threshold:.2f} was needed"
    )
