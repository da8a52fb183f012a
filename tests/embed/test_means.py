"""The mean of each language is taken out, and names the space."""

import json
from dataclasses import replace

import numpy as np
import pytest

from samestory.embed.means import OTHERS, LanguageMeans, encoded
from samestory.embed.space import EmbeddingSpace
from samestory.errors import Misconfigured

ROWS = {
    "en": np.array([0.5, 0, 0, 0], np.float32),
    "ru": np.array([0, 0.5, 0, 0], np.float32),
    OTHERS: np.array([0.25, 0.25, 0, 0], np.float32),
}


@pytest.fixture
def path(tmp_path):
    """A file of means of one model."""
    file = tmp_path / "means.json"
    file.write_text(json.dumps({"model": {"made_by": "x", "means": encoded(ROWS)}}))
    return file


def test_each_text_loses_the_mean_of_its_language(path):
    """By hand: (1, 0, 0, 1) / sqrt 2 less (.5, 0, 0, 0), to unit length."""
    means = LanguageMeans.load(path, "model")
    vector = np.array([1, 0, 0, 1], np.float32) / np.sqrt(2)
    found = means.taken_out(np.stack([vector] * 4), ["en", "ru", "xx", None])
    for row, mean in zip(found, [*ROWS.values(), ROWS[OTHERS]], strict=True):
        left = vector - mean
        assert np.allclose(row, left / np.linalg.norm(left), atol=1e-6)


def test_two_languages_meet_when_their_means_are_gone(path):
    """The same event, each in its language's corner."""
    means = LanguageMeans.load(path, "model")
    event = np.array([0, 0, 0.8, 0], np.float32)
    rows = np.stack([ROWS["en"] + event, ROWS["ru"] + event])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    apart = rows[0] @ rows[1]
    found = means.taken_out(rows, ["en", "ru"])
    assert found[0] @ found[1] > 0.99
    assert apart < 0.75


def test_a_model_without_means_has_none(path):
    """The packaged one knows one language."""
    assert LanguageMeans.load(path, "another") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"model": 1}', '{"model": {"means": {}}}']
)
def test_a_damaged_file_is_named(path, text):
    """Not a traceback, nor vectors of no space."""
    path.write_text(text)
    with pytest.raises(Misconfigured, match="language means"):
        LanguageMeans.load(path, "model")


def test_the_means_are_part_of_the_spaces_identity(path):
    """Other means, another space; none, the space of before."""
    space = EmbeddingSpace(
        model_digest="d", precision="exact", tokens=128, dim=4, model="m"
    )
    digest = LanguageMeans.load(path, "model").digest
    other = {**ROWS, "ru": ROWS["en"]}
    path.write_text(json.dumps({"model": {"means": encoded(other)}}))
    another = LanguageMeans.load(path, "model").digest
    ids = {replace(space, means=one).space_id for one in ("", digest, another)}
    assert len(ids) == 3
    assert space.space_id == replace(space, means="").space_id
