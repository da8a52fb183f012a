"""A command called in the tests' process says what a process of its own says."""

import json

import pytest

from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("events",), 0),
        (("stories", "--json"), 0),
        (("near", "envoys met", "--json"), 1),
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


def test_an_import_that_is_worked_off_here_makes_the_same_state(labelled, tmp_path):
    """As one with its workers' processes: what it says, stories, events, vectors."""
    rows = [json.loads(line) for line in labelled.read_text().splitlines()[:20]]
    lines = "".join(json.dumps(row) + "\n" for row in [*rows, {"title": "no text"}])
    ours, theirs = Run(tmp_path / "ours"), Run(tmp_path / "theirs")
    said = ours.here("import", "-", stdin=lines, expect=4)
    assert said[0] == "20 new, 0 known, 1 refused\n"
    out, told = theirs.process("import", "-", stdin=lines, expect=4)
    refusal = '-:21: refused: lacks `text` ("" if it has none); it has title\n'
    assert (said[0], refusal in said[1], refusal in told) == (out, True, True), told
    assert ours.rows("digest")[0]["digest"] == theirs.rows("digest")[0]["digest"]
    assert ours.here("check") == ours.process("check")
    near = [run.rows("near", rows[0]["title"]) for run in (ours, theirs)]
    assert near[0] == near[1]
    assert (
        ours.here("import", "-", stdin=lines, expect=4)[0]
        == "0 new, 20 known, 1 refused\n"
    )
