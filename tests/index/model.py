"""A pair model of our own."""

from samestory.index.decision.features import (
    FEATURES,
)
from samestory.index.decision.pair_model import PairModel

MODEL = PairModel(
    name="m", bias=-2.0, weights=tuple(1.0 for _ in FEATURES), threshold=0.5
)
