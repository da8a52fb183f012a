"""The mean of each language is taken out, and names the space."""

from dataclasses import replace

import numpy as np
import pytest

from samestory.embed.means import OTHERS, LanguageMeans
from samestory.embed.space import EmbeddingSpace
from samestory.errors import Misconfigured

ROWS = {
    "en": np.array([0.5, 0, 0, 0], np.float32),
    "ru": np.array([0, 0.5, 0, 0], np.float32),
    OTHERS: np.array([0.25, 0.25, 0, 0], np.float32),
}


def test_each_text_loses_the_mean_of_its_language():
    """By hand: (1, 0, 0, 1) / sqrt 2 less (.5, 0, 0, 0), to unit length."""
    vector = np.array([1, 0, 0, 1], np.float32) / np.sqrt(2)
    rows = np.stack([vector] * 4)
    found = LanguageMeans(ROWS).taken_out(rows, ["en", "ru", "xx", None])
    for row, mean in zip(found, [*ROWS.values(), ROWS[OTHERS]], strict=True):
        left = vector - mean
        assert np.allclose(row, left / np.linalg.norm(left), atol=1e-6)


def test_two_languages_meet_when_their_means_are_gone():
    """The same event, each in its language's corner."""
    event = np.array([0, 0, 0.8, 0], np.float32)
    rows = np.stack([ROWS["en"] + event, ROWS["ru"] + event])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    apart = rows[0] @ rows[1]
    found = LanguageMeans(ROWS).taken_out(rows, ["en", "ru"])
    assert found[0] @ found[1] > 0.99
    assert apart < 0.75


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"en": ROWS["en"]},
        {**ROWS, "de": np.zeros(3, np.float32)},
        {**ROWS, "de": np.full(4, np.nan, np.float32)},
    ],
)
def test_means_that_lack_one_for_others_or_differ_in_length_are_refused(rows):
    """Vectors would be of no space."""
    with pytest.raises(Misconfigured, match="language means"):
        LanguageMeans(rows)


def test_the_means_are_part_of_the_spaces_identity():
    """Other means, another space; none, the space of before."""
    space = EmbeddingSpace(
        model_digest="d", precision="exact", tokens=128, dim=4, model="m"
    )
    digest = LanguageMeans(ROWS).digest
    another = LanguageMeans({**ROWS, "ru": ROWS["en"]}).digest
    ids = {replace(space, means=one).space_id for one in ("", digest, another)}
    assert len(ids) == 3
    assert space.space_id == replace(space, means="").space_id
