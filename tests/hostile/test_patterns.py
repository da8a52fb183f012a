"""No text that others write makes a regular expression of ours slow."""

import re

import pytest

from tests.hostile.budget import first_over_budget
from tests.hostile.patterns import patterns
from tests.hostile.pumps import Pump, pumps

pytestmark = pytest.mark.slow


def test_no_door_is_held_by_what_comes_in():
    """Feeds, dates, credits and import lines at their worst take little time."""
    assert first_over_budget("tests.hostile.doors") == ""


def test_no_pattern_blows_up_on_what_is_made_for_it():
    """Each passes 100,000 characters that are as bad for it as can be, or is tried.

    Some 4,700 pairs of a pattern and a text, in a process that can be killed: 5 s.
    """
    assert first_over_budget("tests.hostile.patterns") == ""


def test_what_blows_up_is_killed_and_named():
    """Not what went before it, nor what was to come."""
    found = first_over_budget("tests.hostile.blowups", budget_s=2)
    assert found.strip() == "exponential"


@pytest.mark.xdist_group("torch")  # imports all of our modules
def test_patterns_are_found_wherever_they_are():
    """With a name, in a mapping, written out in a call; each as it is used."""
    found = {(where, use) for where, use, _ in patterns()}
    assert ("samestory.ingest.feeds.parse._COMMENT", "match") in found
    assert ("samestory.ingest.text.bot_walls._PATTERNS['captcha']", "match") in found
    calls = {(where.split(":")[0], use) for where, use in found if ":" in where}
    assert {
        ("samestory.ingest.feeds.parse", "finditer"),
        ("samestory.ingest.polling.shards", "fullmatch"),
    } <= calls


def test_what_is_bad_for_a_pattern_is_made_from_it():
    """What may come again does, behind what leads there and together with it."""
    made = pumps(re.compile(r"date\s*:\s*['\"]([^'\"]+)|<!--.*?-->"))
    assert {Pump("date", " "), Pump("date :", "\n"), Pump("", "date : ' ")} <= {*made}
    assert Pump("", "<!-- ") in made
    assert Pump("ab", "c").text(6) == "abcccc\0a\0"
    made = pumps(re.compile(r"(?:[^\W\d_]|[\u0900-\u0963])+"))
    assert Pump("", "\u0904") in made  # a letter that both take
