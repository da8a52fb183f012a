"""The reports, read from `stories/*.md`.

`# event` begins an event, `## outlet YYYY-MM-DD HH:MM | Title` a report of it (UTC);
the lines below are its paragraphs. `reprint: outlet` takes the text of that outlet's
first report of the event, word for word.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from samestory.deploy.newsroom.outlets import BY_KEY, Outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report; `event` is the gold label, `paragraphs` the text.

    `source` is the report that it reprints; None for one of its own.
    """

    event: str
    outlet: Outlet
    published: datetime
    title: str
    paragraphs: tuple[str, ...]
    source: "Report | None"

    @property
    def path(self) -> str:
        """Path of its page on the outlet's site."""
        name = f"{self.event} {self.outlet.key} {self.title}"
        return f"/news/{hashlib.sha256(name.encode()).hexdigest()[:10]}"

    @property
    def summary(self) -> str:
        """What the feed says: the first paragraph, cut as publishers cut it."""
        first = self.paragraphs[0]
        return first if len(first) <= 160 else first[:157].rsplit(" ", 1)[0] + " …"  # noqa: PLR2004


@cache
def load_reports() -> tuple[Report, ...]:
    """Return all reports in the order of their files."""
    reports: list[Report] = []
    folder = files("samestory.deploy.newsroom") / "stories"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        event = ""
        for block in file.read_text("utf-8").split("\n\n"):
            head, *lines = block.strip().split("\n")
            if head.startswith("# "):
                event = head[2:]
            elif head.startswith("## "):
                reports.append(_report(event, head[3:], lines, reports))
    return tuple(reports)


def _report(event: str, head: str, lines: list[str], before: list[Report]) -> Report:
    where, title = head.split(" | ", 1)
    key, day, clock = where.split()
    source = None
    if lines[0].startswith("reprint: "):
        named = event, lines[0].removeprefix("reprint: ")
        source = next(r for r in before if (r.event, r.outlet.key) == named)
    return Report(
        event=event,
        outlet=BY_KEY[key],
        published=datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC),
        title=title,
        paragraphs=source.paragraphs if source else tuple(lines),
        source=source,
    )
