"""Candidates by rare words: against a plain search, and where a vector sees nothing."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from samestory.index.decision.terms import packaged_rarity, terms_of
from samestory.index.grouping.event_index import EventIndex
from samestory.index.search.rare_terms import POSTINGS, TERMS, RareTerms, rarest
from samestory.index.store.state import State
from samestory.story_vector import StoryVector
from tests.conftest import NOW, make_story

words = st.sets(st.integers(1, 9), max_size=5).map(sorted)
stories = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 9), words), max_size=25)


@given(stories, st.sets(st.integers(0, 15), max_size=5), words, st.integers(1, 9))
def test_those_that_share_most_words_come_first(added, removed, query, k):
    """Stories may come again and go; only those of the span count; ties the newest."""
    times: dict[int, float] = {}
    index = RareTerms(times)
    held: dict[int, tuple[int, list[int]]] = {}
    for seq, time, terms in added:
        if seq in held:
            index.remove([seq])
        times[seq] = float(time)
        if len(held) % 2:
            index.add(seq, terms)
        else:
            padded = np.zeros((1, TERMS), np.uint32)
            padded[0, : len(terms)] = terms
            index.fill(np.array([seq]), padded)
        held[seq] = time, terms
    index.remove(removed)
    for seq in removed:
        held.pop(seq, None)
    expected = sorted(
        (
            (-len({*terms} & {*query}), -seq)
            for seq, (time, terms) in held.items()
            if 2 <= time <= 7 and {*terms} & {*query}
        )
    )
    found = index.search(query, k, 2.0, 7.0)
    assert found == [-seq for _, seq in expected][:k]


def test_a_word_that_all_use_costs_no_more_than_its_latest_stories():
    """What is not rare here is read up to a bound."""
    index = RareTerms(dict.fromkeys(range(10 * POSTINGS), 0.0))
    for seq in range(10 * POSTINGS):
        index.add(seq, [7])
    assert index.search([7], 10 * POSTINGS, 0, 0) == list(
        range(10 * POSTINGS - 1, 9 * POSTINGS - 1, -1)
    )


def test_the_rarest_words_are_those_of_the_highest_rarity():
    """By the packaged counts, and no more than a few."""
    text = "The minister of Qorvania met the Zyxel envoys in the morning"
    rarity = packaged_rarity()
    found = rarest(terms_of("", text, rarity))
    ids, rarities = rarity.numbered(sorted({*text.lower().split()}), text)
    order = np.lexsort((ids, -rarities))
    assert found == ids[order].tolist()
    many = terms_of("", " ".join(f"w{n}" for n in range(99)), rarity)
    assert len(rarest(many)) == TERMS


def test_a_report_is_found_by_its_words_where_thirty_others_are_nearer(tmp_path):
    """In a language that the model does not know, vectors lead astray."""
    rng = np.random.default_rng(0)

    def record(name: str, text: str, spread: float) -> bytes:
        rows = np.eye(64)[0] + spread * rng.normal(size=(2, 64))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        moment = NOW + timedelta(minutes=len(name))
        story = make_story(
            name, title="", text=text, lang="vi", published=moment, first_seen=moment
        )
        return StoryVector(
            story=story, vectors=rows.astype(np.float16), space_id="v-t"
        ).encode()

    told = "Quzzar Ymir Bolvik Narsk Ostrel Ploviz Dargun Estrava Filmor Gantrip"
    journal = [record("told", told, spread=0.5)]
    journal += [
        record(f"n{i:02}", f"alpha{i} beta{i} gamma{i}", 0.01) for i in range(30)
    ]
    journal.append(record("again", f"{told} anew", spread=0.01))
    state = State(tmp_path / "s.db")
    EventIndex(state).apply(list(enumerate(journal)))
    first, second = (
        state.member(make_story(name).story_id) for name in ("told", "again")
    )
    assert first is not None
    assert second is not None
    assert first.event_id == second.event_id
    assert len(state.members_of(first.event_id)) == 2
    state.close()
