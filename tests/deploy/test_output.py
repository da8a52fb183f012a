"""What is printed can't steer a terminal."""

import json

from rich.cells import cell_len

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
