"""What is printed can't steer a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from samestory.deploy.cli.folding import cells, folded
from samestory.deploy.cli.output import isolated, plain, print_json, print_table

# Escape, C1, marks that turn the direction, breaks of lines, invisible ones, half a
# character, a tag.
STEERING = "\x1b\x9b\u202e\u2066\u200f\u061c\u2028\u2029\u200b\ufeff\ud800\U000e0041"


def test_json_escapes_what_steers_a_terminal_and_keeps_its_value(capsys):
    """Joiners that Persian and emoji need are no such thing."""
    value = {"title": f"a{STEERING}b", "kept": "می\u200cخواهم \u200d é\u00a0"}
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert not set(STEERING) & set(out)
    assert value["kept"] in out


def test_cells_and_messages_show_a_space_instead():
    """And no secret of an address."""
    assert plain(f"a{STEERING}b") == f"a{' ' * len(STEERING)}b"
    assert plain("see https://a.org/?key=hidden\n") == "see https://a.org/?key=***\n"


def test_what_runs_from_right_to_left_turns_nothing_around_it(capsys):
    """Hebrew and Arabic cells are isolated; the columns of all scripts line up."""
    peace = "\u05e9\u05dc\u05d5\u05dd"
    assert isolated(peace) == f"\u2068{peace}\u2069"
    assert isolated("Zürich \u5317\u4eac 12") == "Zürich \u5317\u4eac 12"
    rows = [(peace, "a"), ("\u5317\u4eac", "b"), ("talk", "c")]
    print_table([("title", {}), ("n", {})], rows)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    rows = [line for line in lines if line][2:]
    assert [row[-1] for row in rows] == ["a", "b", "c"]
    assert len({cell_len(row) for row in rows}) == 1


@given(
    st.text(st.sampled_from("ab1.-+* \u4e2d\u0416\u05d0"), max_size=120),
    st.integers(8, 60),
)
def test_a_folded_line_fits_and_says_the_same(line, width):
    """In whatever letters; the words that have room are whole, and none is lost."""
    parts = [*folded(line, width)]
    assert all(cells(lead + part) <= width for lead, part in parts)
    shown = "".join(lead + part for lead, part in parts)
    assert shown.replace(" ", "") == line.replace(" ", "")
    if all(cells(word) <= width // 2 for word in line.split()):
        assert " ".join(lead + part for lead, part in parts).split() == line.split()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("quarter    12, 3 failing", ["quarter    12, 3", "           failing"]),
        ("  1. one two three four and", ["  1. one two three four", "     and"]),
        (
            "   s-123  https://a.example/1",
            ["   s-123  https://a.exa", "          mple/1"],
        ),
        (
            " " * 9 + "s-1234  https://a.ex/1",
            [" " * 9 + "s-1234", " " * 9 + "https://a.ex/1"],
        ),
        ("a line that has no label", ["a line that has no", "label"]),
    ],
)
def test_what_is_folded_stands_below_its_beginning(line, shown):
    """Behind a name and two blanks, a number, or blanks; not behind a long name."""
    assert [lead + part for lead, part in folded(line, 23)] == shown
