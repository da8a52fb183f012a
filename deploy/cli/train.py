"""`samestory train` and `samestory sweep`: the pair model from your own labels."""

import statistics
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.options import Model
from samestory.deploy.cli.output import print_table
from samestory.deploy.config import Settings
from samestory.deploy.importing import open_lines
from samestory.deploy.labelled import (
    Labelled,
    ordered,
    read_labelled,
    read_pairs,
    uncertain_of,
    weighted,
)
from samestory.deploy.progress import ProgressLine
from samestory.deploy.vector_cache import embedded
from samestory.disk import named
from samestory.embed.encoder import Encoder
from samestory.embed.models import EVERY, languages_of
from samestory.errors import Misconfigured, Quarantine
from samestory.index.decision.pair_model import JOINING
from samestory.index.decision.terms import count_words
from samestory.index.measure.labels import PeoplesPairs, Stream
from samestory.index.measure.training import (
    HALVES,
    Halves,
    Measured,
    counted,
    fitted,
    halves,
    proposed,
    write_artefact,
)
from samestory.message import json_object

CUT: Final = 35  # words that a cut copy keeps: about a feed's summary
LONG: Final = 100  # words; files whose median text is longer are copied
# Of the weight of a file, what each copy of it as if it were undated, foreign or not
# counted has. At its whole weight it moved what all pairs share (docs/quality.md).
AS_IF: Final = 0.1
THRESHOLDS: Final = tuple(round(0.05 * n, 2) for n in range(1, 17))


@dataclass(frozen=True, kw_only=True)
class _Labelled(Model):
    """What is learnt from."""

    files: Annotated[
        tuple[str, ...], Parameter(metavar="LABELLED.jsonl[.gz][@WEIGHT]")
    ] = field(kw_only=False)
    pairs: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="FILE[@WEIGHT]...",
            help="also learn from pairs of stories, as `samestory corrections export`"
            " writes them",
            consume_multiple=True,
        ),
    ] = ()
    leave_out: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="FILE...",
            help="labelled files whose events are left out, to be measured on",
            consume_multiple=True,
        ),
    ] = ()
    uncut: Annotated[
        bool,
        Parameter(
            help="count no file of long texts once more cut to title and 35 words:"
            " real short entries among the files teach more than those"
        ),
    ] = False
    count: Annotated[
        tuple[str, ...] | None,
        Parameter(
            metavar="FILE...",
            help='count words anew, in the labelled files and in these ({"title",'
            ' "text"} a line); otherwise the packaged counts hold',
            consume_multiple=True,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Train(_Labelled):
    """Fit the pair model, or a space, on your own labelled stories.

    Writes weights, thresholds and word counts to DIR; `--pair-model
    DIR/pair_model.json` then uses them.

    A line is as for `samestory eval`. Each file is a stream of its own; FILE@20
    counts its pairs 20 times, e.g. those of a small file of what your feeds really
    bring. A file of long texts counts once more cut to title and 35 words, as feeds
    bring them; the largest, a tenth each, as if no story stated a date, as if no
    embedding model knew its language, and as if no word count did.

    The stories are parted into two halves by event; each half is measured with what
    was learnt from the other: no figure here is of stories that the model has seen.

    Examples:
      samestory train labelled.jsonl --out model
      samestory train labelled.jsonl --space --out my-model
    """

    out: Annotated[str, Parameter(metavar="DIR", help="where the model goes")]
    thresholds: Annotated[
        tuple[float, float, float] | None,
        Parameter(
            metavar="TIGHT BALANCED LOOSE",
            help="take these positions of --joining rather than measure which are"
            " best, which takes most of the time",
        ),
    ] = None
    space: Annotated[
        bool,
        Parameter(
            help="fit no pair model, but the embedding model: a small adapter that"
            " puts reports of one event together and near misses apart. DIR is then"
            " a model, for --model, with a space of its own; fit a pair model on it."
            " Five minutes on two cores with bf16"
        ),
    ] = False
    seed: Annotated[int, Parameter(metavar="N", help="of --space; default 0")] = 0
    steps: Annotated[int, Parameter(metavar="N", help="of --space; default 300")] = 300

    def run(self, settings: Settings) -> int:
        """Fit, measure, write."""
        if self.space:
            if self.pairs or self.count or self.thresholds:
                raise Misconfigured(
                    "--space goes with none of --pairs, --count, --thresholds"
                )
            from samestory.deploy.cli.train_space import run_train_space  # noqa: PLC0415

            return run_train_space(self, settings)
        given = self.thresholds
        if given and not 1 > given[0] >= given[1] >= given[2] > 0:
            raise Misconfigured(
                f"--thresholds {given}: from tight to loose, within 0 and 1"
            )
        folder = Path(self.out)
        with named(f"--out {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
        streams, other, encoder = _read(self, settings)
        people = _pairs(self, encoder, settings)
        encoder.close()
        learnt, parts = halves(streams, other, _tell, people)
        if given:
            thresholds = dict(zip(JOINING, given, strict=True))
        else:
            measures = _measured(streams, learnt)
            thresholds = proposed(measures)
            _print(measures, thresholds)
        counts = None
        if other is not None:
            total, words = counted(streams, None)
            counts = total + other[0], words + other[1]
        model = replace(fitted(parts), space_id=encoder.space.space_id)
        with named(f"--out {folder}"):
            artefact = write_artefact(
                folder,
                model,
                thresholds,
                counts,
                _provenance(self, streams, people),
            )
        print(f"{artefact['name']} is in {folder / 'pair_model.json'}")
        return 0


@dataclass(frozen=True, kw_only=True)
class Sweep(_Labelled):
    """Measure what each threshold would give on your labelled stories.

    With 95 % intervals; proposes the three positions of --joining. Nothing is
    written.

    A line is as for `samestory eval`. Each file is a stream of its own; FILE@20
    counts its pairs 20 times, e.g. those of a small file of what your feeds really
    bring. A file of long texts counts once more cut to title and 35 words, as feeds
    bring them; the largest, a tenth each, as if no story stated a date, as if no
    embedding model knew its language, and as if no word count did.

    The stories are parted into two halves by event; each half is measured with what
    was learnt from the other: no figure here is of stories that the model has seen.

    Examples:
      samestory sweep labelled.jsonl
      samestory sweep labelled.jsonl --model packaged
    """

    def run(self, settings: Settings) -> int:
        """Measure each threshold out of fold, propose three."""
        streams, other, encoder = _read(self, settings)
        people = _pairs(self, encoder, settings)
        encoder.close()
        learnt, _ = halves(streams, other, _tell, people)
        measures = _measured(streams, learnt)
        _print(measures, proposed(measures))
        return 0


def _provenance(
    args: Train, streams: Sequence[Stream], people: Sequence[PeoplesPairs]
) -> dict[str, Any]:
    """Return of what a model was made, for people."""
    pairs = {"pairs": _names(args.pairs)} if people else {}
    return {
        "command": "samestory train",
        "labelled": _names(args.files),
        **pairs,
        "left_out": _names(args.leave_out),
        "counted": args.count and _names(args.count),
        "stories": sum(len(s.stories) for s in streams if s.counted),
    }


def _names(files: Sequence[str]) -> list[str]:
    return [Path(file).name for file in files]


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def _read(
    args: _Labelled, settings: Settings
) -> tuple[list[Stream], tuple[int, Counter[str]] | None, Encoder]:
    """Return the streams, the words of --count, the encoder."""
    out = {row.event for file in args.leave_out for row in read_labelled(file)}
    files = [
        (Path(file).name, weight, ordered(read_labelled(file), "time"))
        for file, weight in map(weighted, args.files)
    ]
    for name, _, rows in files:
        if len({row.event for row in rows} - out) < len(HALVES):
            raise Misconfigured(f"{name}: fewer than two events are left to learn from")
    other = None
    if args.count is not None:
        other = count_words(text for file in args.count for text in _texts(file))
    encoder = wiring.open_stream_encoder(settings)
    largest = max(files, key=lambda file: len(file[2]))
    streams: list[Stream] = []
    for file in files:
        name, weight, rows = file
        whole = _stream(name, weight, rows, out, encoder, settings)
        streams.append(whole)
        words = statistics.median(len(row.story.text.split()) for row in rows)
        if words > LONG and not args.uncut:
            cut = [_cut(row) for row in rows]
            name = f"{name}, {CUT} words"
            copy = _stream(name, weight, cut, out, encoder, settings)
            streams.append(replace(copy, counted=False))
        if file is largest:
            copies = [
                replace(whole, name=f"{whole.name}, undated").undated(),
                replace(whole, name=f"{whole.name}, foreign", foreign=True),
            ]
            if EVERY in languages_of(settings.model):
                name = f"{whole.name}, uncounted"
                copies.append(replace(whole, name=name, uncounted=True))
            streams += (
                replace(c, weight=AS_IF * weight, counted=False, has_say=False)
                for c in copies
            )
    return streams, other, encoder


def _pairs(args: _Labelled, encoder: Encoder, settings: Settings) -> list[PeoplesPairs]:
    """Return the pairs of --pairs."""
    sets = []
    for argument in args.pairs:
        file, weight = weighted(argument)
        rows = read_pairs(file)
        stories = [story for row in rows for story in (row.a, row.b)]
        vectors = embedded(stories, encoder, settings.home / "eval")
        sets.append(
            PeoplesPairs(
                name=Path(file).name,
                stories=stories,
                vectors=[one.vectors for one in vectors],
                same=[row.same for row in rows],
                weight=weight,
            )
        )
    return sets


def _cut(row: Labelled) -> Labelled:
    text = " ".join(row.story.text.split()[:CUT])
    return replace(row, story=replace(row.story, text=text))


def _stream(
    name: str,
    weight: float,
    rows: Sequence[Labelled],
    out: Collection[str],
    encoder: Encoder,
    settings: Settings,
) -> Stream:
    """Return the rows but those of the events left out.

    All are embedded, so that the next time they are found whatever is left out.
    """
    vectors = {
        one.story.story_id: one.vectors
        for one in embedded(
            [row.story for row in rows], encoder, settings.home / "eval"
        )
    }
    kept = [row for row in rows if row.event not in out]
    ids = {row.row_id: row.story.story_id for row in kept}
    return Stream(
        name=name,
        weight=weight,
        stories=[row.story for row in kept],
        vectors=[vectors[row.story.story_id] for row in kept],
        events=[row.event for row in kept],
        uncertain={
            ids[row_id]: {ids[other] for other in others if other in ids}
            for row_id, others in uncertain_of(kept).items()
            if row_id in ids
        },
    )


def _texts(file: str) -> list[tuple[str, str]]:
    texts = []
    with open_lines(file) as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json_object(line)
            except Quarantine as error:
                raise Misconfigured(f"{file}:{number}: {error}") from error
            texts.append((str(row.get("title") or ""), str(row.get("text") or "")))
    return texts


def _measured(streams: Sequence[Stream], learnt: Halves) -> list[Measured]:
    measures, line = [], ProgressLine()
    for stream in (one for one in streams if one.has_say):
        for number, threshold in enumerate(THRESHOLDS):
            line.count(f"{stream.name}: thresholds tried", number, len(THRESHOLDS))
            measures.append(learnt.measured(stream, threshold))
    line.end()
    return measures


def _print(measures: Sequence[Measured], thresholds: dict[str, float]) -> None:
    names = {t: joining for joining, t in thresholds.items()}
    right = {"justify": "right", "no_wrap": True}
    for stream in dict.fromkeys(one.stream.name for one in measures):
        print(f"\n{stream}, out of fold: B-cubed and pairs in percent, false joins")
        print_table(
            [
                *((name, right) for name in ("at", "P", "R", "F1", "95 %")),
                *((name, right) for name in ("pairs P, R", "arrival", "false")),
            ],
            [_row(one, names) for one in measures if one.stream.name == stream],
        )
    shown = ", ".join(f"{joining} {thresholds[joining]:.2f}" for joining in JOINING)
    print(f"\nproposed: {shown}")


def _row(one: Measured, names: dict[float, str]) -> list[str]:
    low, high = one.interval
    end, pairs = one.at_end.b_cubed, one.at_end.pairwise
    return [
        f"{names.get(one.threshold, '')} {one.threshold:.2f}",
        *(f"{100 * value:.1f}" for value in end),
        f"{100 * low:.1f}-{100 * high:.1f}",
        f"{100 * pairs.precision:.1f}, {100 * pairs.recall:.1f}",
        f"{100 * one.on_arrival.b_cubed.f1:.1f}",
        str(one.at_end.false_joins),
    ]
