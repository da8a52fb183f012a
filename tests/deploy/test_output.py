"""What is printed can't steer a terminal."""

import json

from samestory.deploy.cli.output import plain, print_json

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
