"""The embed worker's memory over many stories: it must stay flat; with a plot."""

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path

from samestory.deploy.newsroom.reports import load_reports
from samestory.deploy.process import resident_bytes, running
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, STORIES, Message
from tests.conftest import make_story
from tests.endless_stream import wait_until

EVERY_S = 2.0
GROWTH = 1.1  # of the last tenth over the third: vectors of copies fill up before


def stories(number: int) -> Iterator[Message]:
    """Yield distinct stories: most are short, each tenth is long.

    Each twentieth is a reprint.
    """
    reports = load_reports()
    for n in range(number):
        m = n - 7 if n % 20 == 19 else n
        report = reports[m % len(reports)]
        title = f"{' '.join(report.title.split()[:4])} {m}"
        words = " ".join(report.paragraphs).split()
        text = f"{m} {' '.join(words[: m % 150 if m % 10 == 0 else 4])}"
        story = make_story(f"soak-{n}", title=title, text=text)
        yield Message(key=story.story_id, value=story.encode())


def soaked(state: Path, number: int) -> tuple[list[tuple[float, int, float]], int]:
    """Return (seconds, stories, MB) over the run of a worker, and the journal's length."""
    log = EmbeddedLog(state / "log.db")
    coming = stories(number)
    while batch := list(itertools.islice(coming, 2_000)):
        log.publish(STORIES, batch)
    command = [
        sys.executable,
        "-m",
        "samestory.deploy.cli",
        "embed",
        "--state",
        str(state),
    ]
    worker = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    begin, found = time.monotonic(), []
    try:
        wait_until(lambda: running(state, "embed") is not None, 60, lambda: None)
        while not found or found[-1][1] < number:
            if worker.poll() is not None:
                raise AssertionError(f"the worker ended with {worker.returncode}")
            megabytes = resident_bytes(worker.pid) / 1e6
            found.append((time.monotonic() - begin, log.count(JOURNAL), megabytes))
            time.sleep(EVERY_S)
    finally:
        worker.terminate()
        worker.wait(90)
        length = log.count(JOURNAL)
        log.close()
    return found, length


def growth(found: list[tuple[float, int, float]]) -> float:
    """Return the memory at the end over that after the third tenth."""
    megabytes = [mb for _, done, mb in found if done]
    tenth = max(1, len(megabytes) // 10)
    third, last = megabytes[2 * tenth : 3 * tenth], megabytes[-tenth:]
    return (sum(last) / len(last)) / (sum(third) / len(third))


def plot(found: list[tuple[float, int, float]], title: str) -> str:
    """Return an SVG: memory over stories."""
    width, height, left, top = 640, 240, 60, 40
    most = max(mb for _, _, mb in found) * 1.15
    stories = max(done for _, done, _ in found) or 1
    points = " ".join(
        f"{left + width * done / stories:.1f},{top + height * (1 - mb / most):.1f}"
        for _, done, mb in found
    )
    labels = "".join(
        f'<text x="{left - 6}" y="{top + height * (1 - part) + 4:.0f}"'
        f' text-anchor="end">{most * part:.0f} MB</text>'
        f'<text x="{left + width * part:.0f}" y="{top + height + 18}"'
        f' text-anchor="middle">{stories * part:,.0f}</text>'
        for part in (0.0, 0.5, 1.0)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 40}"'
        f' height="{top + height + 40}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="{left}" y="20" font-size="14">{escape(title)}</text>'
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none"'
        f' stroke="#bbb"/><polyline points="{points}" fill="none" stroke="#06c"'
        f' stroke-width="1.5"/>{labels}</svg>\n'
    )
