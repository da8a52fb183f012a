"""What a new report shows about those that came before it.

A decision on arrival is made with little to go by. Each arrival therefore looks once
more at young reports around it: one moves to an event that it fits clearly better, or
leaves one that it no longer fits; two events become one if each speaks for the other
(no one outlet's reports, however many, are the only link, and each outlet weighs once);
an event that hangs on one weak edge comes apart.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from samestory.days import DAY_S
from samestory.index.decision.decision import Candidate, Decision, mean_of_each
from samestory.index.decision.features import View, similarities
from samestory.index.grouping.event_ids import new_event_id
from samestory.index.grouping.groups import Groups

YOUNG_S: Final = DAY_S  # 72 h brought no more, 6 h less
CLEARLY: Final = 0.1  # probability by which another event must be better, or worse
MERGED: Final = 2 * CLEARLY  # over the threshold: a merger moves many at once
LOOKED_AT: Final = 12  # young reports, and members of either side: bounds the cost
SPLIT_FROM: Final = 4  # members: two on either side


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Stories that go from one event to another.

    Attributes:
        seqs: numbers of the stories, ascending.
        source: the event that they leave.
        target: the event that they join.
        reason: moved, left, merged or split.
        after: the story that gave cause to look.
        decision: of the one story that moves; None for several.
        link: what the arrived story says of the event that is merged into its own;
            None for other moves.
    """

    seqs: tuple[int, ...]
    source: str
    target: str
    reason: str
    after: str
    decision: Decision | None = None
    link: Candidate | None = None


def reassess(
    groups: Groups,
    arrived: View,
    decision: Decision,
    permitted: Callable[[Move], bool],
) -> Iterator[Move]:
    """Yield what moves around a story that has just been placed; it is so in `groups`.

    Args:
        groups: with the story in its event.
        arrived: the story.
        decision: that placed it.
        permitted: whether corrections allow a move.
    """
    home = groups.event_of(arrived.seq)
    least = groups.model.threshold - CLEARLY
    rivals = [
        one
        for one in decision.ranked
        if one.event_id != home and one.probability >= least
    ]
    events = [home, *(rival.event_id for rival in rivals)]
    for view in _young(groups, arrived, events) if rivals else ():
        move = better(groups, view, groups.decide(view, events), arrived)
        if move and permitted(move):
            groups.move(move.seqs, move.target)
            yield move
    for rival in rivals:
        move = _merger(groups, arrived, home, rival)
        if move and permitted(move):
            groups.move(move.seqs, move.target)
            yield move
            home = move.target
    if decision.event_id is not None and _is_weak(decision.ranked[0], groups):
        move = _split(groups, arrived, home)
        if move and permitted(move):
            groups.move(move.seqs, move.target)
            yield move


def _young(groups: Groups, arrived: View, events: Sequence[str]) -> list[View]:
    """Return the young reports of these events, the LOOKED_AT most like the arrived."""
    seqs = [
        seq for event_id in events for seq in groups.around(event_id, arrived, YOUNG_S)
    ]
    views = groups.views(seqs)
    like = zip(similarities(arrived, views).tolist(), seqs, views, strict=True)
    best = sorted(like, key=lambda one: (-one[0], one[1]))[:LOOKED_AT]
    return sorted((view for _, _, view in best), key=lambda view: view.seq)


def better(
    groups: Groups, view: View, decision: Decision, arrived: View
) -> Move | None:
    """Return the move of a report to where it fits clearly better, None if it stays.

    Args:
        groups: where it stands.
        view: the report.
        decision: where it would go now, its own event among those compared.
        arrived: the report that gave cause to look.
    """
    own = groups.event_of(view.seq)
    now = next((c.probability for c in decision.ranked if c.event_id == own), 0.0)
    target, reason = None, ""
    if decision.event_id not in (None, own) and decision.probability >= now + CLEARLY:
        target, reason = decision.event_id, "moved"
    elif (
        now < groups.model.threshold - CLEARLY
        and decision.event_id is None
        and len(groups.members(own)) > 1
    ):
        target, reason = new_event(groups, view, arrived), "left"
    if target is None:
        return None
    return Move(
        seqs=(view.seq,),
        source=own,
        target=target,
        reason=reason,
        after=arrived.story_id,
        decision=decision,
    )


def _merger(groups: Groups, arrived: View, home: str, link: Candidate) -> Move | None:
    """Return the merger of two events if each speaks for the other.

    Also without the reports of any one outlet, where both have others.
    """
    pair = home, link.event_id
    heard = _speaking(groups, arrived, pair)
    outlets = [groups.outlets(event) for event in pair]
    needed = [one for one in sorted(heard) if all(those - {one} for those in outlets)]
    if not heard or not all(
        _speaking(groups, arrived, pair, without=one) for one in needed
    ):
        return None
    older, younger = sorted(pair, key=lambda e: min(groups.members(e)))
    return Move(
        seqs=tuple(sorted(groups.members(younger))),
        source=younger,
        target=older,
        reason="merged",
        after=arrived.story_id,
        link=link,
    )


def _speaking(
    groups: Groups,
    arrived: View,
    pair: tuple[str, str],
    without: str | None = None,
) -> set[str]:
    """Return the outlets by which two events speak for each other; empty if not.

    Args:
        groups: where they stand.
        arrived: the story around which they are heard.
        pair: the events.
        without: an outlet whose reports do not count; None if all do.
    """
    heard: set[str] = set()
    for one, other in (pair, pair[::-1]):
        seqs = groups.around(one, arrived, without=without)[:LOOKED_AT]
        views = groups.views(seqs)
        decisions = [groups.decide(view, [other], without) for view in views]
        votes = [
            (v.outlet, d.probability) for v, d in zip(views, decisions, strict=True)
        ]
        if not votes or _mean(votes) < groups.model.threshold + MERGED:
            return set()
        heard |= {view.outlet for view in views}
        heard |= {m.outlet for d in decisions for c in d.ranked for m in c.members}
    return heard


def _mean(votes: Iterable[tuple[object, float]]) -> float:
    """Return the mean of probabilities, in which each voice weighs once."""
    means = mean_of_each(votes)
    return math.fsum(means) / len(means)


def _is_weak(joined: Candidate, groups: Groups) -> bool:
    """Tell whether a report joined an event part of which is not like it."""
    weakest = min(joined.compared.probabilities)
    return weakest < groups.model.threshold - CLEARLY


def _split(groups: Groups, arrived: View, home: str) -> Move | None:
    """Return the smaller or younger part of an event that hangs on one weak edge."""
    seqs = [*groups.around(home, arrived)[: 2 * LOOKED_AT], arrived.seq]
    if len(seqs) < SPLIT_FROM:
        return None
    views = groups.views(seqs)
    alike = {}
    for at, view in enumerate(views[:-1]):
        compared = groups.compare(view, views[at + 1 :])
        for other, probability in zip(compared.others, compared.allowed, strict=True):
            alike[view.seq, other.seq] = probability
    threshold = groups.model.threshold
    edges = [pair for pair, p in alike.items() if p >= threshold]
    weakest, part = threshold - CLEARLY, set[int]()
    outlets = {view.seq: view.outlet for view in views}
    for side, rest in _parts(seqs, edges):
        mean = _mean(
            (frozenset((outlets[a], outlets[b])), p)
            for (a, b), p in alike.items()
            if (a in side) != (b in side)
        )
        if min(len(side), len(rest)) > 1 and mean < weakest:
            # The part with the event's first story keeps its name.
            weakest, part = mean, side if min(side) > min(rest) else rest
    if not part:
        return None
    (first,) = groups.views([min(part)])
    return Move(
        seqs=tuple(sorted(part)),
        source=home,
        target=new_event(groups, first, arrived),
        reason="split",
        after=arrived.story_id,
    )


def _parts(
    seqs: Sequence[int], edges: Sequence[tuple[int, int]]
) -> Iterator[tuple[set[int], set[int]]]:
    """Yield the two sides of a graph for each way to part it at one edge or none."""
    import networkx as nx  # noqa: PLC0415  (0.3 s, which every command would pay)

    everyone = set(seqs)
    graph = nx.Graph()
    graph.add_nodes_from(seqs)
    graph.add_edges_from(edges)
    pieces = list(nx.connected_components(graph))
    if len(pieces) > 1:
        yield from ((piece, everyone - piece) for piece in pieces)
        return
    for a, b in list(nx.bridges(graph)):
        graph.remove_edge(a, b)
        side = nx.node_connected_component(graph, a)
        graph.add_edge(a, b)
        yield side, everyone - side


def new_event(groups: Groups, first: View, cause: View) -> str:
    """Return the id of an event that begins with a story, for what another caused."""
    return new_event_id(
        first.story_id, cause.story_id, lambda event: bool(groups.members(event))
    )
