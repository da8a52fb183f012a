"""Compares a report with others: the one way in which two reports are held together.

Where a story goes, what changes after it, `why`, `near`, `eval` and the fit all ask
here, so that none of them can forget what rules a pair out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from samestory.index.decision.features import View, pair_features
from samestory.index.decision.pair_model import PairModel
from samestory.index.decision.vetoes import veto


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A report and the n that it was compared with.

    Attributes:
        one: the report.
        others: those that it was compared with.
        features: of each pair, shape (n, features), in the order of FEATURES.
        model: what weighs them.
    """

    one: View
    others: tuple[View, ...]
    features: NDArray[np.float64]
    model: PairModel

    @cached_property
    def contributions(self) -> NDArray[np.float64]:
        """What each feature adds to the logit, shape (n, features)."""
        return self.model.contributions(self.features)

    @cached_property
    def logits(self) -> NDArray[np.float64]:
        """The bias plus all contributions, shape (n,)."""
        return self.model.logits(self.features)

    @cached_property
    def probabilities(self) -> list[float]:
        """That each pair is one event by its sum alone, n in [0, 1]: see `vetoes`."""
        return self.model.probabilities(self.features)

    @cached_property
    def vetoes(self) -> list[str | None]:
        """Why each pair can't be one event, whatever the sum says; None if it can."""
        return [veto(self.one.claims, other.claims) for other in self.others]

    @property
    def allowed(self) -> list[float]:
        """The probabilities, 0 where a veto forbids the pair."""
        pairs = zip(self.probabilities, self.vetoes, strict=True)
        return [0.0 if against else probability for probability, against in pairs]

    def part(self, begin: int, end: int) -> "Comparison":
        """Return the comparison with some of the others, from begin to before end."""
        return Comparison(
            one=self.one,
            others=self.others[begin:end],
            features=self.features[begin:end],
            model=self.model,
        )


def compare(one: View, others: Sequence[View], model: PairModel) -> Comparison:
    """Compare a report with others; nothing is summed before it is asked for.

    The same for (a, b) as for (b, a).
    """
    return Comparison(
        one=one,
        others=tuple(others),
        features=pair_features(one, others),
        model=model,
    )
