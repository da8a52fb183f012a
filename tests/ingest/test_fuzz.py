"""Every parser of ours on mutated inputs; `make campaign` goes on for longer."""

import random

import pytest

from tests.fuzz import attack
from tests.fuzz_targets import TARGETS


@pytest.mark.filterwarnings("ignore")  # parsers warn of what they are given
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_our_own_errors_escapes(name):
    """Whatever is cut, spliced, repeated."""
    rng = random.Random(20261126)
    target = TARGETS[name]
    count = target.inputs
    assert attack(target, rng, lambda done: done < count) == count
