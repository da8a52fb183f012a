"""The decision: a sum of named features, told as it was made."""

import json
import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from samestory.errors import Misconfigured
from samestory.index.decision.comparison import Comparison
from samestory.index.decision.decision import Candidate, decide
from samestory.index.decision.features import (
    FEATURES,
    View,
    crowdedness,
    numbers_in,
    pair_features,
    similarities,
    view,
)
from samestory.index.decision.join_record import Veto
from samestory.index.decision.pair_model import JOINING, PairModel
from samestory.index.decision.terms import Rarity
from samestory.index.measure.metrics import b_cubed
from samestory.publishers import UNNAMED
from tests.conftest import NOW, make_story
from tests.embed.units import unit_vectors
from tests.index.model import MODEL

RARITY = Rarity(100, {"the": 90, "package": 3})


def member(story_id: str, title: str = "The 13th package") -> View:
    """Return a story as the features see it; only its id and title count here."""
    story = replace(make_story(), story_id=story_id, title=title)
    return view(story, unit_vectors(1))


ARRIVED = member("s-new")


def candidate(event_id: str, *strengths: float, vetoing: int = -1) -> Candidate:
    """Return an event whose members have these numbers for every feature.

    One of them may tell of another package than the story that arrived.
    """
    features = np.array([[one] * len(FEATURES) for one in strengths])
    members = [
        member(f"s-{event_id[2:]}{n}", f"The {13 + (n == vetoing)}th package")
        for n in range(len(strengths))
    ]
    return Candidate(
        event_id=event_id,
        compared=Comparison(
            one=ARRIVED, others=tuple(members), features=features, model=MODEL
        ),
        probability=float(np.mean(MODEL.probabilities(features))),
    )


def test_contributions_and_bias_add_up_to_the_logit():
    """Exactly, whatever the order, for the packaged model too."""
    rng = np.random.default_rng(0)
    for model in (MODEL, PairModel.load()):
        features = rng.normal(size=(500, len(FEATURES)))
        logits = model.logits(features)
        parts = model.contributions(features)
        for row, logit in zip(parts.tolist(), logits.tolist(), strict=True):
            assert logit == sum([model.bias, *row]) == sum([*row[::-1], model.bias])
            assert logit == math.fsum([model.bias, *row])
        assert parts == pytest.approx(features * np.array(model.weights), abs=1e-8)
        assert model.probabilities(features) == pytest.approx(1 / (1 + np.exp(-logits)))


def test_pairs_of_two_languages_have_weights_of_their_own():
    """Each row by its own; without any, all by the same."""
    at = FEATURES.index("two_languages")
    features = np.ones((2, len(FEATURES)))
    features[0, at] = 0
    plain = PairModel(name="", bias=1, weights=(2,) * len(FEATURES), threshold=0.5)
    own = replace(plain, across=(3,) * len(FEATURES))
    assert own.contributions(features).tolist() == [
        [0 if n == at else 2 for n in range(len(FEATURES))],
        [3] * len(FEATURES),
    ]
    assert own.contributions(features[1]).tolist() == [3] * len(FEATURES)
    assert own.logits(features)[1] == 1 + 3 * len(FEATURES)
    assert (plain.contributions(features) == 2 * features).all()


def test_the_best_event_wins_if_it_reaches_the_threshold():
    """Margin to the runner-up, everything recorded."""
    one, two = candidate("e-1", 0.9, 0.7), candidate("e-2", 0.5)
    found = decide([two, one], MODEL, crowd=0.1)
    assert (found.event_id, found.probability) == ("e-1", one.probability)
    assert found.runner_up == ("e-2", two.probability)
    record = json.loads(found.record().encode())
    assert [q["story_id"] for q in record["pairs"]] == ["s-10", "s-11"]
    assert (record["crowd"], record["vetoed"]) == (0.1, [])
    for pair in record["pairs"]:
        parts = [f["contribution"] for f in pair["features"]]
        assert pair["logit"] == math.fsum([pair["bias"], *parts])


def test_under_the_threshold_a_story_stands_alone():
    """The best event is still told, so that people can ask why not."""
    found = decide([candidate("e-1", 0.01)], MODEL)
    assert found.event_id is None
    assert found.ranked[0].event_id == "e-1"
    nothing = decide([], MODEL)
    assert (nothing.event_id, nothing.probability, nothing.runner_up) == (None, 0, None)


def test_a_vetoed_event_is_out_and_the_next_best_is_taken():
    """However near the vetoing member is; the record names it."""
    one, two = candidate("e-1", 0.9, 0.9, vetoing=1), candidate("e-2", 0.8)
    found = decide([one, two], MODEL)
    assert (found.event_id, found.runner_up) == ("e-2", None)
    reason = "number 13 against number 14 of 'package'"
    assert found.record().vetoed == (
        Veto(
            story_id="s-11",
            event_id="e-1",
            reason=reason,
            probability=one.probability,
        ),
    )
    assert one.compared.allowed == [one.compared.probabilities[0], 0.0]
    alone = decide([one], MODEL)
    assert (alone.event_id, alone.probability, alone.ranked) == (None, 0, ())


def test_the_order_of_the_candidates_does_not_matter():
    """Ties are broken by id; four events are told at most."""
    candidates = [candidate(f"e-{n}", 0.9) for n in range(9)]
    found = [decide(order, MODEL) for order in (candidates, candidates[::-1])]
    for one in found:
        assert [c.event_id for c in one.ranked] == ["e-0", "e-1", "e-2", "e-3"]


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
    words = " ".join(f"W{i}" for i in range(123))  # as names are written
    a, same, other = (
        view(
            make_story(title=title, text=text, **when),
            unit_vectors(1),
            crowd=crowd,
            rarity=RARITY,
        )
        for title, text, crowd, when in (
            ("The 13th package", words, 0.1, {}),
            ("Thirteenth package", words, 0.2, {"published": NOW}),
            ("12th", "Nothing.", 0.0, {"published": later, "first_seen": later}),
        )
    )
    found = [
        dict(zip(FEATURES, values, strict=True))
        for values in pair_features(a, [same, other])
    ]
    assert (pair_features(same, [a]) == pair_features(a, [same])).all()
    assert found[0]["similarity"] == pytest.approx(1, abs=2e-3)
    assert [f["near_in_time"] for f in found] == pytest.approx([1, 1 / math.e])
    assert [f["crowd"] for f in found] == [0.2, 0.1]
    assert [f["shared_number"] for f in found] == [1, 0]
    assert found[0]["rare_words"] == pytest.approx(3 * math.log(101) / 10, abs=1e-3)
    assert 0.95 < found[0]["word_overlap"] < 1
    assert (found[1]["rare_words"], found[1]["word_overlap"]) == (0, 0)
    assert [f["length"] for f in found] == [pytest.approx(75 / 150), 0]
    for name in ("similarity", "rare_words", "word_overlap"):
        for one in found:
            assert one[f"{name}_long"] == pytest.approx(one["length"] * one[name])
    assert [f["foreign"] for f in found] == [0, 0]
    assert [f["undated"] for f in found] == [0, 0]
    assert pair_features(a, []).shape == (0, len(FEATURES))


def test_a_story_without_a_date_has_no_hours():
    """When it was first seen says little about when it was told."""
    dated, undated = (
        view(make_story(published=when), unit_vectors(1)) for when in (NOW, None)
    )
    for a, b in ((dated, undated), (undated, dated), (undated, undated)):
        (values,) = pair_features(a, [b])
        found = dict(zip(FEATURES, values, strict=True))
        assert (found["undated"], found["near_in_time"]) == (1, 0)


@pytest.mark.parametrize(
    ("title", "explains"),
    [
        ("What to know about the strike in Callan", True),
        ("Velund expels envoys. Why now?", True),
        ("Velund's expulsions, explained", True),
        ("Analysis: Velund turns away", True),
        ("Velund expels envoys", False),
        ("Envoys ask what Velund wants", False),
        ("Howard visits Callan", False),
        ("", False),
    ],
)
def test_a_title_that_explains_is_known_from_one_that_reports(title, explains):
    """A question, or a word that says so; it counts where only one of two explains."""
    plain, told = (
        view(make_story(title=one, text="Text."), unit_vectors(1))
        for one in ("Envoys leave Callan", title)
    )
    at = FEATURES.index("one_explains")
    assert pair_features(plain, [told])[0, at] == explains
    assert pair_features(told, [told])[0, at] == 0


@pytest.mark.parametrize(
    ("title", "reacts"),
    [
        ("Velund rejects Kesmark's demand to return the base", True),
        ("Ministers welcome the return of the base", True),
        ("Kesmark hits back at Velund", True),
        ("Velund denies it", True),
        ("Kesmark demands the base back", False),
        ("Envoys leave Callan", False),
        ("", False),
    ],
)
def test_a_title_that_answers_is_known_from_one_that_reports(title, reacts):
    """A demand, and its rejection; it counts where one of two short reports answers."""
    plain, told = (
        view(make_story(title=one, text="Text."), unit_vectors(1))
        for one in ("Velund demands the base", title)
    )
    at = FEATURES.index("one_reacts")
    assert pair_features(plain, [told])[0, at] == reacts
    assert pair_features(told, [told])[0, at] == 0
    long = make_story(title=title, text="word " * 300)
    report = make_story(title="Velund demands the base", text="word " * 300)
    a, b = (view(one, unit_vectors(1)) for one in (long, report))
    assert pair_features(a, [b])[0, at] == 0
    elsewhere = view(make_story(title=title, lang="fr"), unit_vectors(1))
    assert pair_features(plain, [elsewhere])[0, at] == 0


@pytest.mark.parametrize(
    ("outlet", "lang", "is_one"),
    [
        ("Velund Wire", "en", 1),
        ("velund wire", "en", 1),
        ("Eastern Observer", "en", 0),
        ("Velund Wire", "fr", 0),
        (UNNAMED, "en", 0),
    ],
)
def test_two_reports_of_one_outlet_are_known(outlet, lang, is_one):
    """An outlet seldom tells an event twice; its other editions do, and strangers."""
    own = UNNAMED if outlet == UNNAMED else "Velund Wire"
    one, other = (
        view(make_story(outlet=name, lang=tongue), unit_vectors(1))
        for name, tongue in ((own, "en"), (outlet, lang))
    )
    at = FEATURES.index("one_outlet")
    assert pair_features(one, [other])[0, at] == is_one
    assert pair_features(other, [one])[0, at] == is_one


def test_what_the_model_does_not_know_counts_for_nothing():
    """In a foreign language words, time and numbers are all there is."""
    known, foreign = (
        view(
            make_story(title="Packet 13"),
            unit_vectors(1),
            crowd=0.2,
            known=known,
            rarity=RARITY,
        )
        for known in (True, False)
    )
    for a, b in ((known, foreign), (foreign, known), (foreign, foreign)):
        (values,) = pair_features(a, [b])
        found = dict(zip(FEATURES, values, strict=True))
        assert found.pop("foreign_overlap") == pytest.approx(1, abs=1e-3)
        assert {name for name, value in found.items() if value} == {
            *("near_in_time", "one_outlet", "shared_number", "foreign")
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
    [
        "{",
        "[]",
        '{"weights": {"x": 1}, "bias": 0, "thresholds": {}, "name": ""}',
        (
            '{"weights": {"x": NaN}, "bias": 0, "thresholds": {"balanced": 1},'
            ' "name": "", "space": "", "word_counts": ""}'
        ),
    ],
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
