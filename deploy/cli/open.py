"""`samestory open`: a report on its own page, in the browser."""

import os
import sys
import webbrowser
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from samestory.deploy import wiring
from samestory.deploy.cli.naming import named
from samestory.deploy.cli.options import Place
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings
from samestory.errors import Misconfigured
from samestory.index.store.query import OLDEST, Query


@dataclass(frozen=True, kw_only=True)
class Open(Place):
    """Open a report where its outlet published it, in the browser.

    Of an event its first report. The link is printed, too; where there is no
    browser that is all.

    Examples:
      samestory open @3
      samestory open s-89a2
    """

    story: Annotated[
        str, Parameter(metavar="STORY|EVENT", help="its id, URL, title, or @7")
    ] = field(kw_only=False)

    def run(self, settings: Settings) -> int:
        """Open it, or print where it is."""
        state = wiring.read_state(settings)
        with state.reading():
            found = named(state, self.story)
            if found.startswith("e-"):
                reports = state.reports(Query(event=found, order=OLDEST, limit=1))
                found = reports[0].story_id if reports else found
            member = state.member(found)
        if member is None:
            raise Misconfigured(f"{self.story}: no such story any more")
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
