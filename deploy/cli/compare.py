"""`samestory compare`: two reports side by side, with the passages that they share."""

import argparse
from typing import Any, Final

from samestory.deploy import wiring
from samestory.deploy.cli.naming import story_named
from samestory.deploy.cli.output import add_command, print_json
from samestory.deploy.cli.side_by_side import comparison_json, print_comparison
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured

_ABOUT: Final = """\
Show two reports side by side, with the passages that they share in brackets: [1c: ...]
is the first of them, on both sides. c is copied, q is quoted by one or both, b is what
their houses print; what is in no bracket is each one's own.

  samestory compare s-89a2 s-0c39
  samestory compare s-89a2 s-0c39 --json     with the place of each passage"""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add compare."""
    parser = add_command(
        commands,
        common,
        "compare",
        run_compare,
        help="two reports side by side, and what they share",
        description=_ABOUT,
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("a", metavar="STORY", help="its id, or the beginning of it")
    parser.add_argument("b", metavar="STORY", help="another story")


def run_compare(args: argparse.Namespace, settings: Settings) -> int:
    """Compare and print."""
    state = wiring.read_state(settings)
    stories = []
    with state.reading():
        for given in (args.a, args.b):
            member = state.member(story_named(state, given))
            if member is None:
                raise Misconfigured(f"{given}: no such story")
            stories.append(member.story)
    if args.json:
        print_json(comparison_json(*stories))
    else:
        print_comparison(*stories)
    return 0
