"""`samestory eval`: how well the index groups stories whose events are known."""

import json
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.evaluate_copies import eval_copies
from samestory.deploy.cli.options import Deciding, Json
from samestory.deploy.cli.output import print_json, print_table
from samestory.deploy.config import Settings
from samestory.deploy.labelled import (
    Labelled,
    ordered,
    read_labelled,
    read_pairs,
    uncertain_of,
)
from samestory.deploy.progress import ProgressLine
from samestory.deploy.vector_cache import embedded
from samestory.disk import named
from samestory.errors import Misconfigured
from samestory.index.answers.lookup import likest, told_now
from samestory.index.decision.comparison import compare
from samestory.index.decision.pair_model import PairModel
from samestory.index.decision.whole_vector import combine
from samestory.index.grouping.event_index import EventIndex
from samestory.index.measure.baselines import baselines
from samestory.index.measure.calibration import Calibration, calibration, looked_at
from samestory.index.measure.metrics import (
    Grouping,
    OfLanguages,
    by_languages,
    found_among,
    score,
)
from samestory.index.search.neighbours import Neighbours
from samestory.index.store.state import State
from samestory.story_vector import StoryVector

UNKNOWN: Final = "?"  # the language of a line that says none
BATCH: Final = 256  # records that are indexed in one commit


@dataclass(frozen=True, kw_only=True)
class Eval(Json, Deciding):
    """Measure the grouping on labelled stories.

    The stories are grouped with the very code of the index worker, and the
    events found compared with those of the labels, beside what simpler rules
    make of the same stories. Nothing of your own state is read or changed.

    A line: {"id", "cluster": the event, "title", "text", "published", "lang",
    "outlet" or "source", "url"}; title or text is needed, the rest may lack.
    Optional "uncertain": [ids]: its pairs with these count in no pairwise
    figure and, in B-cubed, neither for nor against. A line without a date is
    taken to come right after the one before it. Where the lines are in several
    languages, pairs are told by language too.

    Examples:
      samestory eval labelled.jsonl
      samestory eval --copies pairs.jsonl stories.jsonl
    """

    file: Annotated[str | None, Parameter(metavar="LABELLED.jsonl[.gz]|-")] = field(
        default=None, kw_only=False
    )
    pairs: Annotated[
        str | None,
        Parameter(
            metavar="PAIRS.jsonl",
            help="measure on pairs of stories, as `samestory corrections export`"
            " writes them: how many the decision would join, and keep apart",
        ),
    ] = None
    copies: Annotated[
        str | None,
        Parameter(
            metavar="PAIRS.jsonl[.gz]",
            help='measure who copied whom instead, on pairs of stories: {"id", "a",'
            ' "b", "kind": copy, partial, quote, boilerplate or independent,'
            ' "source": a, b, common:AGENCY or unknown} a line',
        ),
    ] = None
    out: Annotated[
        str | None,
        Parameter(
            metavar="OUT.jsonl",
            help="of --copies: write each pair's kind, source, shares and own"
            " sentences",
        ),
    ] = None
    order: Annotated[
        str,
        Parameter(
            metavar="time|given|shuffle:SEED",
            help="in which order the stories arrive (time)",
        ),
    ] = "time"
    no_dates: Annotated[bool, Parameter(help="take the lines as if they had none")] = (
        False
    )
    assignments: Annotated[
        str | None, Parameter(metavar="OUT.jsonl", help='write {"id", "event"} a line')
    ] = None

    def run(self, settings: Settings) -> int:
        """Embed, index, compare, print."""
        if self.copies is not None:
            eval_copies(self, self.copies)
            return 0
        if self.file is None and self.pairs is None:
            raise Misconfigured("eval: give a labelled file, or --pairs, or both")
        if self.out is not None:
            raise Misconfigured("eval: --out is for --copies; --assignments for a file")
        if self.file is not None:
            _eval_stream(self, self.file, settings)
        if self.pairs is not None:
            _eval_pairs(self, self.pairs, settings)
        return 0


def _eval_pairs(args: Eval, file: str, settings: Settings) -> None:
    """Tell of each pair what the decision says, were they the only two reports."""
    rows = read_pairs(file)
    model = wiring.open_pair_model(settings)
    stories = [story for row in rows for story in (row.a, row.b)]
    with closing(wiring.open_stream_encoder(settings)) as encoder:
        vectors = embedded(stories, encoder, settings.home / "eval")
    views = [model.view(one.story, one.vectors) for one in vectors]
    right = {True: 0, False: 0}
    for row, one, other in zip(rows, views[::2], views[1::2], strict=True):
        compared = compare(one, [other], model)
        (probability,), (forbidden,) = compared.probabilities, compared.vetoes
        joins = compared.allowed[0] >= model.threshold
        right[row.same] += joins == row.same
        if joins != row.same:
            label = "same" if row.same else "different"
            said = (
                f"veto: {forbidden}" if forbidden else f"probability {probability:.2f}"
            )
            sys.stderr.write(
                f"{label}, but {said}: {row.a.title!r} and {row.b.title!r}\n"
            )
    same = sum(row.same for row in rows)
    measures = {
        "name": "pairs",
        "same": same,
        "same_joined": right[True],
        "different": len(rows) - same,
        "different_kept_apart": right[False],
    }
    if args.json:
        print_json(measures)
    else:
        print(
            f"Pairs: of {same} that are one event {right[True]} would be joined;"
            f" of {len(rows) - same} that are two {right[False]} would be kept apart."
        )


def _eval_stream(args: Eval, file: str, settings: Settings) -> None:
    rows = ordered(read_labelled(file, use_dates=not args.no_dates), args.order)
    model = wiring.open_pair_model(settings)
    stories = [row.story for row in rows]
    with closing(wiring.open_stream_encoder(settings)) as encoder:
        vectors = embedded(stories, encoder, settings.home / "eval")
    gold = {row.row_id: row.event for row in rows}
    uncertain = uncertain_of(rows)
    arrived, at_end = _grouped(rows, vectors, model)
    if args.assignments:
        _write(Path(args.assignments), at_end)
    groupings = {
        "samestory, on arrival": score(arrived, gold, uncertain),
        "samestory, at the end": score(at_end, gold, uncertain),
    }
    ids = [row.row_id for row in rows]
    units = np.stack([combine(one.vectors) for one in vectors])
    for name, groups in _simpler(rows, units):
        groupings[name] = score(groups, gold, uncertain)
    changed = sum(arrived[one] != at_end[one] for one in ids)
    nearest = _nearest(rows, vectors, units, model)
    lookup = {k: found_among(nearest, gold, k) for k in (1, 5)}
    told = _calibration(rows, vectors, model, uncertain)
    tongues = {row.row_id: row.story.lang or UNKNOWN for row in rows}
    languages = by_languages(at_end, gold, tongues, uncertain)
    if args.json:
        for name, grouping in groupings.items():
            print_json({"name": name} | grouping.to_json())
        for pair, counts in languages.items():
            print_json({"name": "languages", "languages": pair} | counts._asdict())
        print_json(
            {"name": "lookup", "precision_at_1": lookup[1], "recall_at_5": lookup[5]}
            | {"stories": len(ids), "changed_after_arrival": changed}
        )
        print_json({"name": "calibration"} | told.to_json())
    else:
        _print(groupings, lookup, len(ids), changed)
        _print_calibration(told)
        if len(set(tongues.values())) > 1:
            _print_languages(languages)


def _simpler(
    rows: Sequence[Labelled], units: NDArray[np.float32]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what simpler rules make of the stories: its name, and each row's event."""
    texts = [f"{row.story.title}\n{row.story.text}" for row in rows]
    for name, groups in baselines(texts, units):
        yield name, {row.row_id: str(n) for row, n in zip(rows, groups, strict=True)}


def _grouped(
    rows: Sequence[Labelled], vectors: Sequence[StoryVector], model: PairModel
) -> tuple[dict[str, str], dict[str, str]]:
    """Return each row's event on arrival, and at the end."""
    records = [(number, one.encode()) for number, one in enumerate(vectors)]
    line = ProgressLine()
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state.db")
        index = EventIndex(state, model)
        begin = time.perf_counter()
        for at in range(0, len(records), BATCH):
            index.apply(records[at : at + BATCH])
            line.count("grouped", min(at + BATCH, len(records)), len(records))
        line.end()
        took = time.perf_counter() - begin
        arrivals, end = state.joins.arrivals(), state.assignments()
        state.close()
    sys.stderr.write(f"{len(records) / took:.0f} decisions a second\n")
    try:
        return tuple(  # type: ignore[return-value]
            {row.row_id: one[row.story.story_id] for row in rows}
            for one in (arrivals, end)
        )
    except KeyError as error:
        raise Misconfigured(f"the index refused story {error}") from error


def _nearest(
    rows: Sequence[Labelled],
    vectors: Sequence[StoryVector],
    units: NDArray[np.float32],
    model: PairModel,
) -> dict[str, list[str]]:
    """Return each row's five nearest others, whenever they were published."""
    index = Neighbours(units.shape[1])
    index.add(range(len(rows)), units, [0.0] * len(rows))
    views = [told_now(model, v.story, v.vectors, n) for n, v in enumerate(vectors)]
    return {
        row.row_id: [
            rows[one.seq].row_id
            for one in likest(model, index, query, lambda s: [views[n] for n in s], 6)
            if one.seq != at
        ][:5]
        for at, (row, query) in enumerate(zip(rows, views, strict=True))
    }


def _calibration(
    rows: Sequence[Labelled],
    vectors: Sequence[StoryVector],
    model: PairModel,
    uncertain: Mapping[str, Collection[str]],
) -> Calibration:
    """Return how far the probabilities of pairs are off, the uncertain left out."""
    views = [model.view(v.story, v.vectors, seq=n) for n, v in enumerate(vectors)]
    return calibration(
        [
            (probability, rows[a].event == rows[b].event)
            for a, b, probability in looked_at(views, model)
            if rows[b].row_id not in uncertain.get(rows[a].row_id, ())
        ]
    )


def _write(path: Path, events: Mapping[str, str]) -> None:
    lines = [json.dumps({"id": i, "event": e}) + "\n" for i, e in events.items()]
    with named(f"--assignments {path}"):
        path.write_text("".join(lines), "utf-8")


def _print_languages(languages: Mapping[tuple[str, str], OfLanguages]) -> None:
    """Print what became of the pairs within each language and of each two."""
    right = {"justify": "right", "no_wrap": True}
    print("\nPairs by their languages, at the end; wrong: of two events, and joined:")
    print_table(
        [
            ("", {}),
            *((name, right) for name in ("pairs of one event", "joined", "wrong")),
        ],
        [
            [
                a if a == b else f"{a} {b}",
                str(one.same),
                _share(one.joined, one.same),
                _share(one.wrong, one.wrong + one.joined),
            ]
            for (a, b), one in languages.items()
        ],
    )


def _print_calibration(told: Calibration) -> None:
    if told.error is None:
        return
    said, true = (
        " ".join(f"{value:.2f}" for value in values)
        for values in zip(*((b.probability, b.same) for b in told.bins), strict=True)
    )
    print(
        f"Probabilities of .05 or more ({counted(told.pairs, 'pair')}) are off by"
        f" {told.error:.3f} on average;\n  said {said}\n  true {true}"
    )


def _share(part: int, whole: int) -> str:
    return f"{part}, {100 * part / whole:.0f} %" if whole else "0"


def _print(
    groupings: Mapping[str, Grouping],
    lookup: Mapping[int, float | None],
    stories: int,
    changed: int,
) -> None:
    def parts(scores: Sequence[float]) -> str:
        return " ".join(f"{100 * value:5.1f}" for value in scores)

    right = {"justify": "right", "no_wrap": True}
    print_table(
        [
            ("", {}),
            ("B-cubed P R F1", right),
            ("pairs P R F1", right),
        ],
        [
            [name, parts(one.b_cubed), parts(one.pairwise)]
            for name, one in groupings.items()
        ],
    )
    print_table(  # of its own: both together are wider than many a terminal
        [
            ("", {}),
            *((name, right) for name in ("ARI", "V", "events", "largest", "alone")),
            ("false joins", right),
        ],
        [
            [
                *(name, parts([one.ari]), parts([one.v_measure]), str(one.events)),
                *(parts([one.largest]), parts([one.singletons]), str(one.false_joins)),
            ]
            for name, one in groupings.items()
        ],
    )
    gold = next(iter(groupings.values())).gold_events
    print(
        f"{counted(stories, 'story')} of {counted(gold, 'event')};"
        f" {changed} changed event after arrival.\n"
        "Scores in percent; false joins: events that hold three reports or more of each"
        " of two gold ones."
    )
    if lookup[1] is not None and lookup[5] is not None:
        print(
            "Lookup: of those that have a mate, the nearest story is one for"
            f" {100 * lookup[1]:.1f} %, one of the nearest five for"
            f" {100 * lookup[5]:.1f} %."
        )
