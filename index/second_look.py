"""What a new report shows about those that came before it.

A decision on arrival is made with little to go by. Each arrival therefore looks once
more at young reports around it: one moves to an event that it fits clearly better, or
leaves one that it no longer fits; two events become one if each speaks for the other
(no one outlet's reports, however many, are the only link, and each outlet weighs once);
an event that hangs on one weak edge comes apart.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from samestory.index.clusterer import Clusterer
from samestory.index.decision import Candidate, Decision, mean_of_each
from samestory.index.features import View, pair_features, similarities
from samestory.index.vetoes import veto

YOUNG_S: Final = 86_400.0  # 72 h brought no more, 6 h less (quality.md 7)
CLEARLY: Final = 0.1  # probability by which another event must be better, or worse
MERGED: Final = 2 * CLEARLY  # over the threshold: a merger moves many at once
LOOKED_AT: Final = 12  # young reports, and members of either side: bounds the cost
SPLIT_FROM: Final = 4  # members: two on either side


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Stories that go from one event to another.

    Attributes:
        seqs: numbers of the stories, ascending.
        source: the event that they leave.
        target: the event that they join.
        reason: moved, left, merged or split.
        decision: of the one story that moves; None for several.
        link: what the arrived story says of the event that is merged into its own;
            None for other changes.
    """

    seqs: tuple[int, ...]
    source: str
    target: str
    reason: str
    decision: Decision | None = None
    link: Candidate | None = None

    @property
    def told(self) -> str:
        """The reason that the events' revisions give."""
        return "moved" if self.reason == "left" else self.reason


def second_look(
    clusterer: Clusterer,
    arrived: View,
    decision: Decision,
    permitted: Callable[[Change], bool],
) -> Iterator[Change]:
    """Yield what changes around a story that has just been placed.

    Args:
        clusterer: with the story in its event; the caller carries each change out
            before asking for the next.
        arrived: the story.
        decision: that placed it.
        permitted: whether corrections allow a change.
    """
    home = clusterer.event_of(arrived.seq)
    least = clusterer.model.threshold - CLEARLY
    rivals = [
        one
        for one in decision.ranked
        if one.event_id != home and one.probability >= least
    ]
    events = [home, *(rival.event_id for rival in rivals)]
    for view in _young(clusterer, arrived, events) if rivals else ():
        change = better(clusterer, view, clusterer.compare(view, events), arrived)
        if change and permitted(change):
            yield change
    for rival in rivals:
        change = _merger(clusterer, arrived, home, rival)
        if change and permitted(change):
            yield change
            home = change.target
    if decision.event_id is not None and _is_weak(decision.ranked[0], clusterer):
        change = _split(clusterer, arrived, home)
        if change and permitted(change):
            yield change


def _young(clusterer: Clusterer, arrived: View, events: Sequence[str]) -> list[View]:
    """Return the young reports of these events, the LOOKED_AT most like the arrived."""
    seqs = [
        seq
        for event_id in events
        for seq in clusterer.around(event_id, arrived, YOUNG_S)
    ]
    views = clusterer.views(seqs)
    like = zip(similarities(arrived, views).tolist(), seqs, views, strict=True)
    best = sorted(like, key=lambda one: (-one[0], one[1]))[:LOOKED_AT]
    return sorted((view for _, _, view in best), key=lambda view: view.seq)


def better(
    clusterer: Clusterer, view: View, decision: Decision, arrived: View
) -> Change | None:
    """Return the move of a report to where it fits clearly better, None if it stays.

    Args:
        clusterer: where it stands.
        view: the report.
        decision: where it would go now, its own event among those compared.
        arrived: the report that gave cause to look.
    """
    own = clusterer.event_of(view.seq)
    now = next((c.probability for c in decision.ranked if c.event_id == own), 0.0)
    target, reason = None, ""
    if decision.event_id not in (None, own) and decision.probability >= now + CLEARLY:
        target, reason = decision.event_id, "moved"
    elif (
        now < clusterer.model.threshold - CLEARLY
        and decision.event_id is None
        and len(clusterer.members(own)) > 1
    ):
        target, reason = new_event(clusterer, view, arrived), "left"
    if target is None:
        return None
    return Change(
        seqs=(view.seq,), source=own, target=target, reason=reason, decision=decision
    )


def _merger(
    clusterer: Clusterer, arrived: View, home: str, link: Candidate
) -> Change | None:
    """Return the merger of two events if each speaks for the other.

    Also without the reports of any one outlet, where both have others.
    """
    pair = home, link.event_id
    heard = _speaking(clusterer, arrived, pair)
    told = [clusterer.outlets(event) for event in pair]
    needed = [one for one in sorted(heard) if all(those - {one} for those in told)]
    if not heard or not all(
        _speaking(clusterer, arrived, pair, without=one) for one in needed
    ):
        return None
    older, younger = sorted(pair, key=lambda e: min(clusterer.members(e)))
    return Change(
        seqs=tuple(sorted(clusterer.members(younger))),
        source=younger,
        target=older,
        reason="merged",
        link=link,
    )


def _speaking(
    clusterer: Clusterer,
    arrived: View,
    pair: tuple[str, str],
    without: str | None = None,
) -> set[str]:
    """Return the outlets by which two events speak for each other; empty if not.

    Args:
        clusterer: where they stand.
        arrived: the story around which they are heard.
        pair: the events.
        without: an outlet whose reports do not count; None if all do.
    """
    heard: set[str] = set()
    for one, other in (pair, pair[::-1]):
        seqs = clusterer.around(one, arrived, without=without)[:LOOKED_AT]
        views = clusterer.views(seqs)
        found = [clusterer.compare(view, [other], without) for view in views]
        votes = [(v.outlet, d.probability) for v, d in zip(views, found, strict=True)]
        if not votes or _mean(votes) < clusterer.model.threshold + MERGED:
            return set()
        heard |= {view.outlet for view in views}
        heard |= {m.outlet for d in found for c in d.ranked for m in c.members}
    return heard


def _mean(votes: Iterable[tuple[object, float]]) -> float:
    """Return the mean of probabilities, in which each voice weighs once."""
    means = mean_of_each(votes)
    return math.fsum(means) / len(means)


def _is_weak(joined: Candidate, clusterer: Clusterer) -> bool:
    """Tell whether a report joined an event part of which is not like it."""
    weakest = min(clusterer.model.probabilities(joined.features))
    return weakest < clusterer.model.threshold - CLEARLY


def _split(clusterer: Clusterer, arrived: View, home: str) -> Change | None:
    """Return the smaller or younger part of an event that hangs on one weak edge."""
    seqs = [*clusterer.around(home, arrived)[: 2 * LOOKED_AT], arrived.seq]
    if len(seqs) < SPLIT_FROM:
        return None
    views = clusterer.views(seqs)
    alike = {}
    for at, view in enumerate(views[:-1]):
        others = views[at + 1 :]
        found = clusterer.model.probabilities(pair_features(view, others))
        for other, probability in zip(others, found, strict=True):
            forbidden = veto(view.claims, other.claims)
            alike[view.seq, other.seq] = 0.0 if forbidden else probability
    threshold = clusterer.model.threshold
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
    (first,) = clusterer.views([min(part)])
    return Change(
        seqs=tuple(sorted(part)),
        source=home,
        target=new_event(clusterer, first, arrived),
        reason="split",
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


def new_event(clusterer: Clusterer, first: View, arrived: View) -> str:
    """Return an id for an event that begins with a story: its own, if it is free.

    Others may be in the event that the story once began.
    """
    name, wanted = first.story_id, "e-" + first.story_id[2:]
    while clusterer.members(wanted):
        name = f"{arrived.story_id} {name}"
        wanted = "e-" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return wanted
