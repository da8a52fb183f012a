"""Fitting and measuring out of fold, on streams whose answer is known."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from samestory.errors import Misconfigured
from samestory.index.decision.features import FEATURES
from samestory.index.decision.pair_model import PairModel
from samestory.index.decision.terms import Rarity
from samestory.index.measure.labels import Stream, together
from samestory.index.measure.training import (
    HALVES,
    LEAST_ACROSS,
    Halves,
    Measured,
    fitted,
    pairs,
    proposed,
)
from samestory.index.measure.training import halves as learn
from tests.conftest import NOW, make_story
from tests.index.vectors import vector

RARITY = Rarity(100, {"the": 50})


def stream(events: int = 12, reports: int = 3, **changes) -> Stream:
    """Return reports of events, each event of a topic of its own."""
    stories = [
        make_story(
            f"n{event}-{n}",
            title=f"Topic{event} told",
            text=f"Topic{event} of town {event}",
            published=NOW + timedelta(hours=event + 20 * n),
            first_seen=NOW + timedelta(days=3),
        )
        for n in range(reports)
        for event in range(events)
    ]
    return Stream(
        name="topics",
        stories=stories,
        vectors=[vector(i % events, 500 + i) for i in range(len(stories))],
        events=[f"e{i % events}" for i in range(len(stories))],
        uncertain={},
        **changes,
    )


def always(bias: float) -> PairModel:
    return PairModel(name="", bias=bias, weights=(0.0,) * len(FEATURES), threshold=0.5)


def test_the_halves_part_the_events_and_nothing_else():
    """All reports of an event are in one half; both halves hold some."""
    found = stream()
    halves = [set(found.half(half)) for half in HALVES]
    assert halves[0] | halves[1] == set(range(36))
    assert not halves[0] & halves[1]
    assert all(halves)
    events = [{found.events[at] for at in half} for half in halves]
    assert not events[0] & events[1]


def test_each_half_is_measured_with_what_the_other_learnt():
    """The one that learnt to join everything is not the one that it is used on."""
    found = stream()
    learnt = Halves(models=(always(-99), always(99)), rarities=(RARITY, RARITY))
    measured = learnt.measured(found, 0.5)
    ones = len(found.half(1))  # the first of them opens an event, as does each other
    assert measured.on_arrival.events >= ones
    assert measured.on_arrival.singletons > 0
    assert measured.at_end.largest >= (36 - ones) / 36
    low, high = measured.interval
    assert low <= measured.at_end.b_cubed.f1 <= high


def test_pairs_are_labelled_weighed_and_left_out_where_uncertain():
    """An event of n reports weighs as much as one of two; foreign hides the cosine."""
    found = stream()
    x, same, weights = both(found)
    assert x.shape == (len(same), len(FEATURES))
    assert same.sum() == 12 * 3  # three pairs an event
    assert set(weights[same]) == {2**-0.5}
    assert set(weights[~same]) == {1.0}
    ids = [story.story_id for story in found.stories]
    later = {one: set(ids) for one in ids[12:]}
    unsure, _, heavy = both(replace(found, weight=4.0, uncertain=later))
    parts = {n: getattr(found, n)[:12] for n in ("stories", "vectors", "events")}
    first = both(replace(found, **parts))
    assert len(unsure) == len(first[1])
    assert set(heavy) == {4.0}
    hidden, _, _ = both(replace(found, foreign=True))
    assert not hidden[:, FEATURES.index("similarity")].any()
    undated, _, _ = both(found.undated())
    assert undated[:, FEATURES.index("undated")].all()
    assert not undated[:, FEATURES.index("near_in_time")].any()


def both(found: Stream):
    """Return the pairs of both halves, those of one story of each among them."""
    parts = pairs(found, (RARITY, RARITY))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def test_no_pair_is_of_two_halves():
    """What is measured has had no part in the fit, not even as what is different.

    Those are of two events each, and the artefact alone learns from them.
    """
    found = stream(events=6)
    *halves, across = pairs(found, (RARITY, RARITY))
    for half, (x, same, _) in enumerate(halves):
        inside = len(found.half(half))
        assert 0 < same.sum() <= len(x) <= inside * (inside - 1) / 2
    assert len(across[0])
    assert not across[1].any()


def test_a_half_is_as_sure_as_the_whole():
    """Though it sees half of what is different: else a threshold would mean another.

    Nothing tells these reports apart, so that only how many are of one event is learnt.
    """
    found = stream(events=10)
    same = [replace(one, title="Envoys told", text="Envoys.") for one in found.stories]
    told = replace(found, stories=same, vectors=[vector(0, 1)] * len(same))
    learnt, everything = learn([told], None, lambda _: None)
    (features, _, _) = together(everything)
    one, other, whole = (
        np.mean(model.logits(features))
        for model in (*learnt.models, fitted(everything))
    )
    # The halves are uneven; log 2 higher where pairs of both do not count.
    assert (one + other) / 2 == pytest.approx(whole, abs=0.2)


def test_a_model_fitted_on_clear_pairs_tells_them_apart():
    """Probabilities of pairs of one event over those of two."""
    parts = both(stream())
    probabilities = np.array(fitted([parts]).probabilities(parts[0]))
    assert probabilities[parts[1]].min() > 0.9
    assert probabilities[~parts[1]].max() < 0.1


def test_what_two_reports_share_cannot_speak_against_them():
    """Where pairs of two events share more words, words count for nothing."""
    rng = np.random.default_rng(7)
    x = np.zeros((400, len(FEATURES)))
    same = np.arange(400) % 2 == 0
    words, crowd = FEATURES.index("word_overlap"), FEATURES.index("crowd")
    x[:, words] = rng.normal(same * -1.0, 1)
    x[:, crowd] = rng.normal(same * -1.0, 1)
    x[:, FEATURES.index("similarity")] = rng.normal(same * 1.0, 1)
    weights = fitted([(x, same, np.ones(400))]).weights
    assert weights[words] == 0
    assert weights[crowd] < -0.5
    assert weights[FEATURES.index("similarity")] > 0.5


def test_pairs_of_two_languages_are_fitted_by_themselves_if_there_are_enough():
    """A crowd that speaks for them speaks against the others; few tell nothing."""
    rng = np.random.default_rng(7)
    same = np.arange(800) % 2 == 0
    crowd, two = FEATURES.index("crowd"), FEATURES.index("two_languages")
    x = np.zeros((800, len(FEATURES)))
    x[:, two] = np.arange(800) % 4 < 2
    x[:, crowd] = rng.normal(np.where(x[:, two] > 0, 1.0, -1.0) * same, 1)
    model = fitted([(x, same, np.ones(800))])
    assert model.across[crowd] > 0.5
    own = x[x[:, two] > 0]
    shown = model.logits(own)[same[x[:, two] > 0]].mean()
    assert shown > 0 > model.logits(own)[~same[x[:, two] > 0]].mean()
    x[LEAST_ACROSS:, two] = 0
    assert fitted([(x, same, np.ones(800))]).across is None


def test_the_knob_is_set_by_precision_recall_and_the_streams_that_have_a_say():
    """Never joining is precise, always joining finds all; what is right beats both."""
    found = stream()
    good = fitted(pairs(found, (RARITY, RARITY)))
    learnt = Halves(models=(good, good), rarities=(RARITY, RARITY))
    right, never = (learnt.measured(found, t) for t in (0.5, 1.0))
    joined = Halves(models=(always(99), always(99)), rarities=(RARITY, RARITY))
    everything = joined.measured(found, 0.1)
    assert right.at_end.b_cubed.f1 == 1
    assert proposed([everything, right, never]) == dict.fromkeys(
        ("tight", "balanced", "loose"), 0.5
    )
    mute = replace(found, has_say=False)
    silent = replace(right, stream=mute, threshold=0.9)
    assert isinstance(silent, Measured)
    assert set(proposed([everything, never, silent])) == {"tight", "balanced", "loose"}
    assert 0.9 not in proposed([everything, never, silent]).values()
    assert proposed([everything, never])["tight"] == 1.0


def test_streams_of_one_story_make_no_pairs():
    """Nothing to compare is not an error."""
    found = stream(events=1, reports=1)
    x, same, weights = both(found)
    assert (x.shape, same.shape, weights.shape) == ((0, len(FEATURES)), (0,), (0,))
    with pytest.raises(Misconfigured, match="too few labels"):
        fitted([(x, same, weights)])
