"""What commands show at a terminal, kept as text in tests/data/screens, a file each.

    python -m tests.screens --write      # anew: look at what has changed, and say why

They are asked of the first records of the recorded journal (tests/recorded.py), so that
nothing is embedded, at four widths. What is of the moment is masked: ids of what is made
here, times of now, places. Times are shown without their year, whenever this is run.
Left out: what differs between machines (`models`, `eval`, `train`), what goes on until
it is stopped, and helps, which docs/commands.md has.
"""

import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path

import pytest

from samestory.deploy import wiring
from samestory.deploy.cli import output, run
from samestory.deploy.config import PREFIX, load_settings
from samestory.deploy.stream.log import JOURNAL, ends, short_of
from samestory.deploy.worker import index_until
from samestory.ingest.feeds.opml import FeedRef
from tests.recorded import publish, read_journal
from tests.terminal import STEERING

FOLDER = Path(__file__).parent / "data" / "screens"
WIDTHS = (60, 80, 120, 200)
RECORDS = 200  # of the journal
COUNCIL, OTHER = "e-70830660", "e-408fb109"  # an event with a copy, and another
LISTED = {  # asked at each width
    "first": ("-h",),
    "events": ("events",),
    "events-all": ("events", "--all", "--sort", "voices", "--limit", "6"),
    "events-none": ("events", "--grep", "zyxel"),
    "event": ("event", COUNCIL),
    "event-near": ("event", "e-ba5c4cd7"),
    "search": ("search", "grain", "corridor"),
    "stories": ("stories", "--event", COUNCIL),
    "near": ("near", "--story", "s-f553d37a", "-k", "3"),
    "why-event": ("why", "e-408fb109"),
    "why-story": ("why", "s-f553d37a"),
    "why-pair": ("why", "s-70830660", "s-f553d37a"),
    "why-sum": ("why", "s-f553d37a", "--sum"),
    "compare": ("compare", "s-70830660", "s-f553d37a"),
    "corrections": ("corrections", "list"),
    "status": ("status",),
    "feeds": ("feeds", "list"),
    "quarantine": ("quarantine", "list"),
    "topics": ("topics",),
    "schema": ("schema",),
    "check": ("check",),
}
SAID = {  # asked at 80 columns, in this order: some change what there is
    "open": ("open", COUNCIL),
    "digest": ("digest",),
    "expiry": ("expiry",),
    "health": ("health", "index"),
    "star": ("star", COUNCIL, "--who", "Ada"),
    "note": ("note", COUNCIL, "the ministry denies it", "--who", "Ada"),
    "event-marked": ("event", COUNCIL),
    "same": ("same", "e-066e8faf", "e-f553d37a", "--who", "Ada", "--why", "one night"),
    "different": ("different", "s-86983c29", "s-f7dfa666", "--who", "Ada"),
    "refused": ("same", "s-86983c29", "s-f7dfa666", "--who", "Ada"),
    "undo": ("undo", "c-0000000000000009", "--who", "Ada"),
    "feeds-export": ("feeds", "export", "/dev/null"),
    "feeds-remove": ("feeds", "remove", "https://example.org/a/rss"),
    "quarantine-show": ("quarantine", "show", "q-"),
    "quarantine-drop": ("quarantine", "drop", "--all"),
    "forget": ("forget", "s-f553d37a"),
    "backup": ("backup", "monday.db"),
    "replay": ("replay", "--into", "again"),
    "diff": ("diff", "state", "again"),
    "schema-digest": ("schema", "digest"),
    "unknown": ("evnts",),
    "nobody": ("event", "e-00000000"),
}
MASKS = (
    (r"\b([cqf])-(?!0{8})[0-9a-f]{8,16}\b", r"\1-########"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00", "<now>"),
    (r"(starred|note: [^(]*) \(Ada, [^;]*;", r"\1 (Ada, <now>;"),
    (r"(since) \d\d \w{3} \d\d:\d\d", r"\1 <now>"),
    (r"\b[0-9a-f]{64}\b", "<digest>"),
    (r"(?<!-)\b[0-9a-f]{16}\b", "<fingerprint>"),
)


class _Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def make_state(home: Path) -> None:
    """Group the journal's first records in an empty directory."""
    home.mkdir(mode=0o700)
    publish(home, JOURNAL, read_journal()[:RECORDS])
    settings = load_settings(file=None, overrides={"state": str(home)}, environment={})
    with closing(wiring.open_log(settings)) as log:
        end = ends(log, "index", JOURNAL)
        index_until(settings, log, lambda: not short_of(log, "index", JOURNAL, end))
    frontier = wiring.open_frontier(settings)
    titles = {"a": "Example News", "b": ""}
    frontier.feeds.add(
        FeedRef(url=f"https://example.org/{name}/rss", title=title)
        for name, title in titles.items()
    )
    frontier.close()


def take(home: Path, arguments: tuple[str, ...], width: int) -> str:
    """Return what a command shows on a terminal of so many columns."""
    out, folder = _Terminal(), str(home.parent)
    size = {"COLUMNS": str(width), "LINES": "24", "TERM": "xterm"}
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(out),
    ):
        for name in [one for one in os.environ if one.startswith(PREFIX)]:
            patch.delenv(name)
        for name, value in {**size, "XDG_CACHE_HOME": folder, "BROWSER": ""}.items():
            patch.setenv(name, value)
        patch.setattr(output, "RECENT", timedelta(days=100_000))
        patch.setattr(sys, "stdin", io.StringIO())
        patch.chdir(home.parent)
        code = run([*arguments, "--state", home.name])
    shown = STEERING.sub("", out.getvalue()).replace(f"{folder}/", "")
    for pattern, said in MASKS:
        shown = re.sub(pattern, said, shown)
    lines = [line.rstrip() for line in shown.splitlines()]
    return "\n".join([*lines, f"(exit {code})"]) + "\n"


def take_all(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each file's name and text, asked in an empty folder."""
    home = folder / "state"
    make_state(home)
    for name, arguments in LISTED.items():
        parts = [
            f"{'=' * 8} {' '.join(arguments)} ({width} columns)\n"
            + take(home, arguments, width)
            for width in WIDTHS
        ]
        yield name, "\n".join(parts)
    for name, arguments in SAID.items():
        yield name, take(home, arguments, 80)


def main() -> None:
    """Write them anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in take_all(Path(folder)):
            (FOLDER / f"{name}.txt").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
