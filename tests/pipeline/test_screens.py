"""What commands show at a terminal is what `tests/data/screens` keeps of it."""

import pytest

from tests.screens import FOLDER, LISTED, SAID, WIDTHS, take_all

WRITE = "; python -m tests.screens --write, and look at what has changed"


@pytest.fixture(scope="module")
def screens(tmp_path_factory):
    """All of them, by name: 200 records are grouped and 100 questions asked, 8 s."""
    return dict(take_all(tmp_path_factory.mktemp("screens")))


@pytest.mark.parametrize("name", [*LISTED, *SAID])
def test_a_screen_is_as_it_was_kept(screens, name):
    """At four widths what is asked, at 80 columns what is done."""
    kept = (FOLDER / f"{name}.txt").read_text("utf-8")
    assert screens[name] == kept, name + WRITE


def test_every_screen_that_is_kept_is_one():
    """None is left of a command that is gone."""
    assert {path.stem for path in FOLDER.iterdir()} == LISTED.keys() | SAID.keys()


@pytest.mark.parametrize("name", LISTED)
def test_no_line_is_longer_than_the_terminal(screens, name):
    """What stdout has: what is said besides is folded by the terminal."""
    width = 0
    for line in screens[name].splitlines():
        if line.startswith("======== "):
            width = int(line.split("(")[-1].split()[0])
        elif "samestory restore" not in line:  # said on stderr
            assert len(line) <= width, line
    assert width == WIDTHS[-1]
