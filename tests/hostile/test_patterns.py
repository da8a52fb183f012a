"""No text that others write makes a regular expression of ours slow."""

import pytest

from tests.hostile.budget import over_budget

pytestmark = pytest.mark.slow


def test_no_door_is_held_by_what_comes_in():
    """Feeds, dates and credits at their worst take the time of any other."""
    assert over_budget("tests.hostile.doors") == []
