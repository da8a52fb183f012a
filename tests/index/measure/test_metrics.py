"""The scores, against their definitions written out pair by pair."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestory.index.measure.baselines import baselines, chained
from samestory.index.measure.metrics import (
    b_cubed,
    by_languages,
    found_among,
    pairwise,
    score,
)

STORIES = "abcdefg"
groups = st.lists(st.integers(0, 3), min_size=7, max_size=7).map(
    lambda labels: dict(zip(STORIES, labels, strict=True))
)
pairs = st.sets(st.sampled_from(list(combinations(STORIES, 2))))


def both_ways(left_out):
    """Return the pairs as `uncertain` takes them."""
    return {s: {o for p in left_out if s in p for o in p if o != s} for s in STORIES}


@given(groups, groups, pairs)
def test_scores_are_what_their_definitions_say(found, gold, left_out):
    """Counted pair by pair, with the uncertain ones left out."""
    one = {p for p in combinations(STORIES, 2) if found[p[0]] == found[p[1]]} - left_out
    two = {p for p in combinations(STORIES, 2) if gold[p[0]] == gold[p[1]]} - left_out
    scores = pairwise(found, gold, both_ways(left_out))
    assert scores.precision == (len(one & two) / len(one) if one else 1.0)
    assert scores.recall == (len(one & two) / len(two) if two else 1.0)

    def mates(groups, story):
        return {
            o
            for o in STORIES
            if groups[o] == groups[story]
            and (o, story) not in left_out
            and (story, o) not in left_out
        }

    shares = [
        (
            len(mates(found, s) & mates(gold, s)) / len(mates(found, s)),
            len(mates(found, s) & mates(gold, s)) / len(mates(gold, s)),
        )
        for s in STORIES
    ]
    scores = b_cubed(found, gold, both_ways(left_out))
    assert scores.precision == pytest.approx(np.mean([p for p, _ in shares]))
    assert scores.recall == pytest.approx(np.mean([r for _, r in shares]))


def test_a_grouping_by_hand():
    """Two gold events of three, joined; one alone, right."""
    gold = dict(zip(STORIES, "xxxyyyz", strict=True))
    found = dict(zip(STORIES, "1111112", strict=True))
    scores = score(found, gold)
    assert scores.to_json() == {
        "b_cubed_precision": 0.5714,
        "b_cubed_recall": 1.0,
        "b_cubed_f1": 0.7273,
        "pairwise_precision": 0.4,
        "pairwise_recall": 1.0,
        "pairwise_f1": 0.5714,
        "ari": 0.2759,  # (6 - 15 * 6 / 21) / ((15 + 6) / 2 - 15 * 6 / 21)
        "v_measure": pytest.approx(0.5798, abs=1e-4),
        "events": 2,
        "gold_events": 3,
        "largest_share": 0.8571,
        "singleton_rate": 0.1429,
        "false_joins": 1,
    }
    assert score(gold, gold).to_json()["ari"] == 1.0


def test_lookup_counts_only_stories_that_have_a_mate():
    """The first, and one of the first two."""
    gold = dict(zip("abcd", "xxyz", strict=True))
    nearest = {"a": ["c", "b"], "b": ["a"], "c": ["a"], "d": ["a"]}
    assert found_among(nearest, gold, 1) == 0.5
    assert found_among(nearest, gold, 2) == 1.0
    assert found_among(nearest, dict.fromkeys("abcd", "x") | gold, 0) == 0.0
    assert found_among({"a": []}, {"a": "x"}, 1) is None


def test_a_rule_joins_the_nearest_earlier_story():
    """Through a chain too; the later one never counts for the earlier."""
    likeness = np.array(
        [[1, 0, 0.9, 0], [0, 1, 0.2, 0.8], [0.9, 0.2, 1, 0.7], [0, 0.8, 0.7, 1]]
    )
    assert chained(4, lambda a, b: likeness[a:b], 0.7) == [0, 1, 0, 1]
    assert chained(4, lambda a, b: likeness[a:b], 0.95) == [0, 1, 2, 3]


def test_each_baseline_finds_copies_and_nothing_foreign():
    """Two copies and a stranger; one character is a text as well."""
    texts = ["Envoys met in Port Callan on Monday.", "!", "Cod is dear this spring."]
    vectors = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    found = dict(baselines([*texts, texts[0]], vectors))
    assert found.pop("every story alone") == [0, 1, 2, 3]
    assert len(found) == 3
    assert all(groups == [0, 1, 2, 0] for groups in found.values()), found


def test_pairs_are_told_by_their_languages():
    """By hand: a and b (en, ru) joined, c (ru) missed, d (en) wrongly with both."""
    gold = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2}
    found = {"a": "x", "b": "x", "c": "y", "d": "x", "e": "z"}
    languages = {"a": "en", "b": "ru", "c": "ru", "d": "en", "e": "en"}
    assert by_languages(found, gold, languages) == {
        ("en", "en"): (1, 0, 1),  # d e missed; a d wrong
        ("en", "ru"): (2, 1, 1),  # a b joined, a c missed; b d wrong
        ("ru", "ru"): (1, 0, 0),  # b c missed
    }
    uncertain = {"a": {"c"}, "c": {"a"}, "b": {"d"}, "d": {"b"}}
    assert by_languages(found, gold, languages, uncertain)["en", "ru"] == (1, 1, 0)
