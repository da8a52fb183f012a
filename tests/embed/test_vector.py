"""Vectors on the wire, passages, and the real model."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestory.embed.embedding import embed_stories
from samestory.embed.encoder import EncoderSpec
from samestory.embed.opening import open_encoder
from samestory.embed.passage import CHARS_A_TOKEN, TOKENS, passages
from samestory.errors import Misconfigured, Quarantine
from samestory.story_vector import StoryVector
from tests.conftest import make_story
from tests.embed.units import unit_vectors


@given(st.integers(0, 10_000), st.sampled_from([3, 384, 1024]))
def test_vectors_come_back_bit_for_bit(seed, dim):
    """base64 of little-endian fp16 loses nothing."""
    sent = StoryVector(
        story=make_story(), vectors=unit_vectors(seed, dim), space_id="v-1"
    )
    found = StoryVector.decode(sent.encode())
    assert found.vectors.tobytes() == sent.vectors.tobytes()
    assert (found.story, found.space_id) == (sent.story, "v-1")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"data": "!!!"}, "vectors"),
        ({"data": ""}, "vectors"),
        ({"shape": [2, 5]}, "vectors"),
        ({"shape": "2,384"}, "vectors"),
        ({"shape": [1, 768]}, "shape"),
        (None, "without story or vectors"),
    ],
)
def test_damaged_vectors_are_quarantined(change, says):
    """Nothing that could poison the index gets past decode."""
    sent = StoryVector(story=make_story(), vectors=unit_vectors(1), space_id="v-1")
    value = json.loads(sent.encode())
    if change is None:
        del value["vectors"]
    else:
        value["vectors"] |= change
    with pytest.raises(Quarantine, match=says):
        StoryVector.decode(json.dumps(value).encode())


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 3.0])
def test_vectors_that_are_not_unit_vectors_are_refused(bad):
    """NaN, infinity, zero and long vectors."""
    rows = unit_vectors(1)
    rows[1] = bad
    with pytest.raises(Quarantine, match="finite|unit length"):
        StoryVector(story=make_story(), vectors=rows, space_id="v-1")


def test_the_passages_are_the_title_and_the_title_with_the_lead():
    """Never empty; cut by characters before any tokeniser sees them."""
    assert passages("T", "Body") == ("T", "T. Body")
    assert passages("T", "") == ("T", "T")
    assert passages("", "Line one\nLine two") == ("Line one", "Line one\nLine two")
    assert len(passages("T", "x" * 100_000)[1]) == TOKENS * CHARS_A_TOKEN


@pytest.mark.model
def test_a_vector_depends_on_its_text_alone(encoder):
    """Alone or in company, the bits are the same: batches can't change an event."""
    texts = ["Minister warns allies", "A much longer text about fish. " * 20, "Rain"]
    together = encoder.encode(texts)
    alone = np.stack([encoder.encode([t])[0] for t in texts])
    assert together.tobytes() == alone.tobytes()
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.model
def test_a_paraphrase_is_nearer_than_another_event(encoder):
    """The model is the real one: same event 0.6 and more, another under 0.3."""
    rows = encoder.encode(
        [
            "Velund expels six Kesmark diplomats over spying",
            "Six Kesmark envoys told to leave Velund for espionage",
            "Wheat slides on plan for naval escorts",
        ]
    )
    assert rows[0] @ rows[1] > 0.6
    assert rows[0] @ rows[2] < 0.3


@pytest.mark.model
def test_the_space_is_named_by_weights_and_recipe(encoder):
    """Another recipe, another space; the name of the model does not matter."""
    space = encoder.space
    assert space.dim == 384
    assert replace(space, tokens=64).space_id != space.space_id
    assert replace(space, model="other name").space_id == space.space_id
    (vector,) = embed_stories([make_story()], encoder)
    assert vector.space_id == space.space_id


def test_a_model_that_is_not_there_is_a_persons_matter(tmp_path):
    """The message names it and says what to set."""
    with pytest.raises(Misconfigured, match="can't be loaded.*set `model`"):
        open_encoder(EncoderSpec(model=str(tmp_path), cache=tmp_path))
