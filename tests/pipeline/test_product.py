"""A command called in the tests' process says what a process of its own says."""

import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("events",), 0),
        (("stories", "--json"), 0),
        (("near", "envoys met", "--json"), 0),
        (("corrections", "list"), 1),
        (("event", "e-zz"), 2),
        (("stories", "--limit", "many"), 2),
    ],
)
def test_a_command_says_the_same_in_a_process_of_its_own(news, arguments, code):
    """On both streams, with the same exit code: other tests may call it here."""
    ours = news.here(*arguments, expect=code)
    assert ours == news.process(*arguments, expect=code)
    assert any(ours)
