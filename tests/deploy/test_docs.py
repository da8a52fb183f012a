"""What the docs say is what the program does."""

import re
from pathlib import Path

import pytest

from samestory.deploy.cli.app import COMMANDS, command_named, first_screen
from samestory.deploy.cli.help import options_of, text_of
from samestory.ingest.feeds.opml import parse_feedlist
from tests.reference import PAGES

ROOT = Path(__file__).parents[2]
NAMES = [name for group in COMMANDS.values() for name in group]


@pytest.mark.parametrize("name", PAGES)
def test_the_printed_reference_equals_the_program(name):
    """`make docs` writes it."""
    assert (ROOT / "docs" / name).read_text() == PAGES[name]()


def test_every_command_teaches():
    """Two examples for each command, a help text for each of its options."""

    for name in NAMES:
        command = command_named(name)
        _, _, examples = text_of(command).partition("\nExamples:\n")
        shown = re.findall(r"^  (?:[^|\n]+\| )?samestory \w", examples, re.MULTILINE)
        assert len(shown) >= 2, name
        assert all(one.about for one in options_of(command) if one.group), name


def test_commands_in_the_readme_and_docs_exist():
    """No example names a command or flag that the program lacks."""
    text = "".join(p.read_text() for p in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    known = {name.split()[0] for name in NAMES}
    used = set(re.findall(r"samestory ([a-z]+)\b", text)) - {"import"}
    assert used <= known | {"is", "needs", "knows", "polls"}, used - known


def test_files_that_the_docs_name_are_there():
    """By their path from the top, or from tests/ as reliability.md has them."""
    named = {
        (path.name, name)
        for path in [
            ROOT / "README.md",
            ROOT / "CONTRIBUTING.md",
            *ROOT.glob("docs/*.md"),
        ]
        for name in re.findall(
            r"`([\w./-]+/[\w-]+\.(?:py|toml|sh|yaml))`", path.read_text()
        )
    }
    assert len(named) > 50
    folders = (ROOT, ROOT / "tests")
    missing = {one for one in named if not any((f / one[1]).exists() for f in folders)}
    assert missing == set()


def test_the_first_screen_is_one():
    """Every command by its name, in 24 lines of 80 columns."""
    lines = first_screen().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    words = set(first_screen().split())
    assert {name.split()[0] for name in NAMES} <= words


def test_the_starter_list_is_a_list_of_feeds():
    """At least 60 feeds, grouped, with language, no URL twice."""
    body = (ROOT / "deploy" / "feeds" / "diplomacy.opml").read_bytes()
    feeds = parse_feedlist(body, "diplomacy.opml").feeds
    assert len(feeds) >= 60
    assert len({f.url for f in feeds}) == len(feeds)
    assert all(f.title and f.group and f.lang for f in feeds)
    assert len({f.group for f in feeds}) >= 6
