"""`samestory open`: a report on its own page, in the browser."""

import argparse
import os
import sys
import webbrowser
from typing import Any, Final

from samestory.deploy import wiring
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.store.query import OLDEST, Query

_ABOUT: Final = """\
Open a report where its outlet published it; of an event its first report. The link is
printed, too; where there is no browser that is all.

  samestory open @3
  samestory open s-89a2"""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add open."""
    parser = commands.add_parser(
        "open",
        parents=[common],
        help="a report in the browser",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "story", metavar="STORY|EVENT", help="its id, URL, title, or @7"
    )
    parser.set_defaults(run=run_open)


def run_open(args: argparse.Namespace, settings: Settings) -> int:
    """Open it, or print where it is."""
    state = wiring.read_state(settings)
    with state.reading():
        found = named(state, args.story)
        if found.startswith("e-"):
            reports = state.reports(Query(event=found, order=OLDEST, limit=1))
            found = reports[0].story_id if reports else found
        member = state.member(found)
    if member is None:
        raise Misconfigured(f"{args.story}: no such story any more")
    url = member.story.url or ""
    if not url.startswith(("http://", "https://")):
        raise Misconfigured(f"{found} has no address: it was imported without one")
    print(plain(url))
    if not _has_browser() or not webbrowser.open(url):
        sys.stderr.write("no browser here: open the link yourself\n")
    return 0


def _has_browser() -> bool:
    """Tell whether a browser would be seen: not on a machine without a screen."""
    screen = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "darwin" or any(os.environ.get(name) for name in screen)
