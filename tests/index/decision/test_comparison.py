"""Two reports are held together in one way, wherever that is asked."""

import ast
from pathlib import Path

import numpy as np
import pytest

from samestory.index.decision.comparison import compare
from samestory.index.decision.features import View, apart_s, pair_features, view
from samestory.index.decision.pair_model import PairModel
from samestory.index.decision.vetoes import veto
from tests.conftest import make_story
from tests.embed.units import unit_vectors

ROOT = Path(__file__).parents[3]
MODEL = PairModel.load()
TITLES = (
    "Velund expels six Kesmark diplomats",
    "Kesmark expels six Velund diplomats",
    "Envoys of Kesmark have to leave Velund",
)


def seen(number: int) -> View:
    """Return a report as the features see it."""
    story = make_story(f"n{number}", title=TITLES[number % len(TITLES)])
    return view(story, unit_vectors(number), seq=number)


def test_a_comparison_is_what_features_model_and_vetoes_say():
    """For each of the others, in their order; parts of it say the same."""
    one, others = seen(0), [seen(n) for n in range(1, 7)]
    found = compare(one, others, MODEL)
    features = pair_features(one, others)
    assert (found.features == features).all()
    assert (found.contributions == MODEL.contributions(features)).all()
    assert found.logits.tolist() == MODEL.logits(features).tolist()
    assert found.probabilities == MODEL.probabilities(features)
    assert found.vetoes == [veto(one.claims, other.claims) for other in others]
    assert [n for n, against in enumerate(found.vetoes, 1) if against] == [1, 4]
    assert [p for p in found.allowed if p == 0] == [0.0, 0.0]
    part = found.part(1, 4)
    assert part.others == tuple(others[1:4])
    assert part.probabilities == found.probabilities[1:4]
    assert part.vetoes == found.vetoes[1:4]


def test_it_says_the_same_from_either_side():
    """Whichever of the two arrived."""
    for a in range(4):
        for b in range(4):
            one, other = seen(a), seen(b)
            mine, theirs = compare(one, [other], MODEL), compare(other, [one], MODEL)
            assert mine.logits.tolist() == theirs.logits.tolist()
            assert [v is None for v in mine.vetoes] == [
                v is None for v in theirs.vetoes
            ]


def test_with_nothing_there_is_nothing_to_say():
    """No candidates, no numbers."""
    found = compare(seen(0), [], MODEL)
    assert (found.probabilities, found.vetoes, found.allowed) == ([], [], [])
    assert found.features.shape == (0, len(MODEL.weights))
    assert found.logits.dtype == np.float64


@pytest.mark.parametrize(
    ("home", "name"), [("features", "pair_features"), ("vetoes", "veto")]
)
def test_nobody_else_holds_two_reports_together(home, name):
    """So that none can forget the vetoes; a new user of either asks `compare`."""
    users = []
    for package in ("samestory", "ingest", "embed", "index", "deploy"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                is_ours = isinstance(node, ast.ImportFrom) and (
                    node.module or ""
                ).endswith(f".{home}")
                if is_ours and name in {alias.name for alias in node.names}:
                    users.append(path.name)
    assert users == ["comparison.py"]


@pytest.mark.parametrize(
    ("one", "other", "hours"),
    [
        ((0.0, False), (3_600.0, False), 1),
        ((0.0, True), (86_399.0, False), 0),
        ((0.0, True), (90_000.0, False), 1),
        ((0.0, True), (-3_600.0, False), 1),
        ((0.0, True), (86_400.0, True), 24),
        ((0.0, True), (0.0, True), 0),
    ],
)
def test_a_day_lasts_until_its_end(one, other, hours):
    """What is told on it at any hour is told at its time; the same both ways."""
    assert apart_s(one, other) / 3600 == pytest.approx(hours)
    assert apart_s(other, one) == apart_s(one, other)
