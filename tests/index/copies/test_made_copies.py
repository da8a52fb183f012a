"""Copies that were made are found, to the word; what only quotes is none."""

from datetime import timedelta

import numpy as np
import pytest

from samestory.index.copies.comparison import QUOTE, compare_texts
from samestory.index.copies.reading import read
from samestory.index.copies.spans import COPY, kinds_in, shared
from tests.conftest import NOW, make_story
from tests.index.copies import made_copies as make
from tests.index.copies.tracked import Tracked

COUNT = len(make.PARAGRAPHS) // make.SIZE // 2
SOURCES = [make.report(number) for number in range(COUNT)]
OTHERS = [make.report(COUNT + number) for number in range(COUNT)]
MADE = {
    **{
        f"cut to {share:.0%}": [
            make.cut(source, share, own[:1])
            for source, own in zip(SOURCES, OTHERS, strict=True)
        ]
        for share in (0.7, 0.5, 0.3)
    },
    "reordered": [make.reordered(source, n) for n, source in enumerate(SOURCES)],
    "edited": [make.edited(source, n) for n, source in enumerate(SOURCES)],
    "British": [make.british(source) for source in SOURCES],
    "merged": [
        make.merged(source, other)
        for source, other in zip(SOURCES, OTHERS, strict=True)
    ],
}


@pytest.mark.parametrize("copies", MADE.values(), ids=MADE)
def test_the_words_of_a_made_copy_are_found(copies):
    """Precision and recall of its words: .95 wanted (METER's tiles, PAN's measure)."""
    right = said = kept = 0
    for source, copy in zip(SOURCES, copies, strict=True):
        a, b = read("\n".join(source)), copy.reading
        places = np.flatnonzero(kinds_in(a, b, shared(a, b))[1] >= 0).tolist()
        right += sum(copy.kept[at] for at in places)
        said += len(places)
        kept += sum(copy.kept)
    assert right / said >= 0.95
    assert right / kept >= 0.95


@pytest.mark.parametrize("copies", MADE.values(), ids=MADE)
def test_a_made_copy_is_called_one(copies):
    """At 30 % of its source as well: the copy is its source's for the most."""
    for source, copy in zip(SOURCES, copies, strict=True):
        assert compare_texts(read("\n".join(source)), copy.reading).kind == COPY


@pytest.mark.parametrize("copies", MADE.values(), ids=MADE)
def test_the_index_finds_the_source_of_each_copy(tmp_path, copies):
    """Among all the sources, whose prints lead to it: .98 wanted, all are found.

    One that is merged of two is the copy of either.
    """
    sources = [*told(SOURCES, 0), *told(OTHERS, 1)]
    found = Tracked(tmp_path / "s.db", [*sources, *told(copies, 2)])
    assert [kept.story_id for kept in found.copies] == [
        id_of(number, 2) for number in range(len(copies))
    ]
    for number, kept in enumerate(found.copies):
        assert kept.of_id in {id_of(number, 0), id_of(number, 1)}


def test_the_index_takes_no_quoting_report_for_a_copy(tmp_path):
    """None of them."""
    quoting = [make.quoting(*both) for both in zip(SOURCES, OTHERS, strict=True)]
    found = Tracked(tmp_path / "s.db", [*told(SOURCES, 0), *told(quoting, 1)])
    assert found.copies == []
    assert len(found.voices) == 2 * len(SOURCES)


def told(texts, hour):
    """Return a story of an outlet of its own for each text."""
    at = NOW + timedelta(hours=hour)
    return [
        make_story(
            story_id=id_of(number, hour),
            outlet=f"{hour}-{number}.example",
            text="\n".join(text) if isinstance(text, list) else text.text,
            published=at,
            first_seen=at,
        )
        for number, text in enumerate(texts)
    ]


def id_of(number, hour):
    return f"s-{hour:08x}{number:08x}"


def test_what_only_quotes_is_no_copy():
    """However long the quotations are."""
    for source, own in zip(SOURCES, OTHERS, strict=True):
        quoting = make.quoting(source, own).reading
        assert compare_texts(read("\n".join(source)), quoting).kind == QUOTE


def test_the_order_of_two_texts_does_not_matter():
    """Each side is told as the other sees it."""
    a, b = read("\n".join(SOURCES[0])), MADE["cut to 50%"][0].reading
    one, other = compare_texts(a, b), compare_texts(b, a)
    assert (one.kind, one.a, one.b) == (other.kind, other.b, other.a)


def test_a_word_put_into_a_whole_text_does_not_part_it():
    """One passage, whose pieces leave the word out; a piece before it is not put in."""
    source = " ".join(SOURCES[1])
    words = source.split()
    half = len(words) // 2
    changed = " ".join([*words[:half], "perhaps", *words[half:]])
    a, b = read(source), read(changed)
    (span,) = shared(a, b)
    assert span.size == len(a.words)
    assert [piece.begin_b - piece.begin_a for piece in span.pieces] == [0, 1]


@pytest.mark.parametrize("refrain", ["The envoys left at noon. ", "a b c d e f g h "])
def test_a_refrain_takes_no_more_time_than_another_text(refrain):
    """Each place of it with each other would be thousands of pieces."""
    a, b = read(refrain * 4_000), read(refrain * 3_000 + "And so on.")
    pieces = [piece for span in shared(a, b) for piece in span.pieces]
    assert len(pieces) < 100
    assert compare_texts(a, a).a.contained == 1.0
