"""The decision: a sum of named features, told as it was made."""

import json
import math
from datetime import timedelta

import numpy as np
import pytest

from index.decision import JOINING, Pair, PairModel, decide
from index.evaluation import b_cubed
from index.features import (
    FEATURES,
    crowdedness,
    numbers_in,
    pair_features,
    similarities,
    view,
)
from index.terms import Rarity
from ingest.errors import Misconfigured
from tests.conftest import NOW, make_story
from tests.embed.test_vector import unit_vectors

RARITY = Rarity(100, {"the": 90, "package": 3})
MODEL = PairModel(
    name="m", bias=-2.0, weights=tuple(1.0 for _ in FEATURES), threshold=0.5
)


def pair(story: str, event: str, strength: float) -> Pair:
    return Pair(
        story_id=story,
        event_id=event,
        features=tuple(strength for _ in FEATURES),
    )


def test_contributions_and_bias_add_up_to_the_logit():
    """Exactly, for the packaged model too."""
    for model in (MODEL, PairModel.load()):
        features = [0.1 * (i + 1) for i in range(len(FEATURES))]
        parts = model.contributions(features)
        logit = model.logit(features)
        assert logit == math.fsum([model.bias, *parts])
        assert model.probability(features) == pytest.approx(1 / (1 + math.exp(-logit)))


def test_the_best_event_wins_if_it_reaches_the_threshold():
    """Mean over the nearest members, margin to the runner-up, everything recorded."""
    found = decide(
        [pair("s-1", "e-1", 0.9), pair("s-2", "e-1", 0.7), pair("s-3", "e-2", 0.5)],
        MODEL,
    )
    p = MODEL.probability
    assert found.event_id == "e-1"
    assert found.probability == pytest.approx(
        (p([0.9] * len(FEATURES)) + p([0.7] * len(FEATURES))) / 2
    )
    assert found.runner_up == ("e-2", pytest.approx(p([0.5] * len(FEATURES))))
    record = json.loads(json.dumps(found.record()))
    assert [q["story_id"] for q in record["pairs"]] == ["s-1", "s-2"]
    first = record["pairs"][0]
    assert first["logit"] == math.fsum(
        [first["bias"], *(f["contribution"] for f in first["features"])]
    )


def test_under_the_threshold_a_story_stands_alone():
    """The best event is still told, so that people can ask why not."""
    found = decide([pair("s-1", "e-1", 0.01)], MODEL)
    assert found.event_id is None
    assert found.pairs[0].event_id == "e-1"
    assert decide([], MODEL).event_id is None


def test_only_the_five_nearest_members_speak():
    """Far members of a large event do not water the mean down."""
    near = [pair(f"s-{i}", "e-1", 0.9) for i in range(5)]
    far = [pair(f"s-far{i}", "e-1", -9.0) for i in range(50)]
    assert decide(near + far, MODEL).probability == pytest.approx(
        MODEL.probability([0.9] * len(FEATURES))
    )


def test_the_order_of_the_pairs_does_not_matter():
    """Ties are broken by id."""
    pairs = [pair("s-1", "e-1", 0.9), pair("s-2", "e-2", 0.9)]
    assert decide(pairs, MODEL) == decide(pairs[::-1], MODEL)
    assert decide(pairs, MODEL).event_id == "e-1"


def test_the_similarity_equals_the_cosine_and_is_symmetric():
    """Integer arithmetic gives what floating point gives, to 1e-3, in both orders."""
    a, b = (view(make_story(), unit_vectors(seed)) for seed in (1, 2))
    one, two = (unit_vectors(seed).astype(float).sum(axis=0) for seed in (1, 2))
    cosine = float(one @ two) / float(np.linalg.norm(one) * np.linalg.norm(two))
    both = similarities(a, [b, a])
    assert both == pytest.approx([cosine, 1], abs=2e-3)
    assert similarities(b, [a])[0] == both[0]
    exact = [int(np.rint(v * 2**22)) for v in both]
    whole = [
        np.rint(one.whole.astype(float) * 2**11).astype(np.int64) for one in (a, b)
    ]
    assert exact == [whole[0] @ whole[1], whole[0] @ whole[0]]


def test_each_feature_is_what_its_name_says():
    """Two days apart is 1/e; numbers shared in words or digits; the crowd as given."""
    later = NOW + timedelta(hours=48)
    words = " ".join(f"w{i}" for i in range(123))
    a, same, other = (
        view(make_story(title=title, text=text, **when), unit_vectors(1), rarity=RARITY)
        for title, text, when in (
            ("The 13th package", words, {}),
            ("Thirteenth package", words, {"published": NOW}),
            ("12th", "Nothing.", {"published": later, "first_seen": later}),
        )
    )
    found = [
        dict(zip(FEATURES, values, strict=True))
        for values in pair_features(a, [same, other], 0.2)
    ]
    assert found[0]["similarity"] == pytest.approx(1, abs=2e-3)
    assert [f["near_in_time"] for f in found] == pytest.approx([1, 1 / math.e])
    assert [f["crowd"] for f in found] == [0.2, 0.2]
    assert [f["shared_number"] for f in found] == [1, 0]
    assert found[0]["rare_words"] == pytest.approx(3 * math.log(101) / 10, abs=1e-3)
    assert 0.95 < found[0]["word_overlap"] < 1
    assert (found[1]["rare_words"], found[1]["word_overlap"]) == (0, 0)
    assert [f["length"] for f in found] == [pytest.approx(75 / 150), 0]
    for name in ("similarity", "rare_words", "word_overlap"):
        for one in found:
            assert one[f"{name}_long"] == pytest.approx(one["length"] * one[name])
    assert [f["foreign"] for f in found] == [0, 0]
    assert pair_features(a, [], 0.2) == []


def test_what_the_model_does_not_know_counts_for_nothing():
    """In a foreign language words, time and numbers are all there is."""
    known, foreign = (
        view(make_story(title="Packet 13"), unit_vectors(1), known=known, rarity=RARITY)
        for known in (True, False)
    )
    for a, b in ((known, foreign), (foreign, known), (foreign, foreign)):
        (values,) = pair_features(a, [b], 0.2)
        found = dict(zip(FEATURES, values, strict=True))
        assert found.pop("foreign_overlap") == pytest.approx(1, abs=1e-3)
        assert {name for name, value in found.items() if value} == {
            *("near_in_time", "shared_number", "foreign")
        }
    model = PairModel.load(languages=frozenset({"en", "fr"}))
    assert [model.knows(lang) for lang in ("en", "fr", "vi", None)] == [
        *(True, True, False, True)
    ]
    assert PairModel.load(languages=None).knows("vi")


def test_a_crowd_is_what_lies_beyond_the_nearest_eight():
    """The story's own event does not make its topic crowded."""
    assert crowdedness([]) == 0
    assert crowdedness([0.9] * 8) == 0
    assert crowdedness([0.9] * 8 + [0.5] * 12) == pytest.approx(0.2)
    assert crowdedness([0.9] * 8 + [0.5] * 6) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12th of 2,100 on 3 March 2026", {"12", "2100", "3"}),
        ("the twelfth and 2.4 billion", {"12", "2.4"}),
        ("the first, second and third", {"3"}),
        ("A4 paper and 99,999", {"99999"}),
        ("nothing", set()),
    ],
)
def test_numbers_are_read_from_digits_and_ordinal_words(text, expected):
    """Years are left out; "first" and "second" say too little."""
    assert numbers_in(text) == expected


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"weights": {"x": 1}, "bias": 0, "thresholds": {}, "name": ""}'],
)
def test_an_artefact_that_does_not_fit_is_refused(tmp_path, text):
    """Made for other features, or not JSON: a person must act."""
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(Misconfigured, match="pair model"):
        PairModel.load(path)


def test_the_knob_goes_from_tight_to_loose():
    """The same sum, held against another threshold; the record names the position."""
    models = [PairModel.load(joining=name) for name in JOINING]
    thresholds = [model.threshold for model in models]
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(set(thresholds)) == 3
    assert len({(model.bias, model.weights) for model in models}) == 1
    assert [model.name.split()[1] for model in models] == list(JOINING)
    with pytest.raises(Misconfigured, match="use tight, balanced, loose"):
        PairModel.load(joining="sloppy")


def test_b_cubed_by_hand():
    """Four stories, one moved: precision (1 + 2/3*2 + 1/3)/4, recall (1/2*2 + 1 + 1)/4."""
    gold = {"a": 1, "b": 1, "c": 2, "d": 2}
    found = b_cubed({"a": "x", "b": "y", "c": "y", "d": "y"}, gold)
    assert found.precision == pytest.approx((1 + 1 / 3 + 2 / 3 + 2 / 3) / 4)
    assert found.recall == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    assert b_cubed({}, gold).precision == 1
    with pytest.raises(ValueError, match="no gold"):
        b_cubed({}, {})
