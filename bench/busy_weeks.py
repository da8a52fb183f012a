"""Entries of busy days, labelled by reading: out of the archives that have them.

    python -m bench.busy_weeks GIT_DIR DIR [--unseen] [--strict]

GIT_DIR is a clone of one of the public repositories of ARCHIVES, whose history holds
what outlets' feeds brought. Writes DIR/2025-11-20.jsonl and the like for `samestory
eval` and `samestory train`, one file for each window of that archive; with --unseen
only those that no shipped fit has seen. The texts are not ours: here are ids
and labels alone (busy_weeks.json): by the first day of a window its `days`, the ids of
each event's entries, those that are `alone`, and `uncertain` pairs; an id is the
beginning of the sha256 of the entry's URL.

The first readers parted every step, angle and preview from the event itself. Others
then judged the pairs of neighbouring events that a model could take for one, as an
editor would who lists the day: `beside` has those that are the `same` and those that
are `uncertain` (an event by its name, an entry alone by its id). --strict leaves that
reading out. The four windows without any were labelled so from the start.
"""

import argparse
import hashlib
import html
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# The file that is read, and what its fields are called.
ARCHIVES = {
    "Osintsecrets/the-app": ("data/feeds.json", "items", "url", "published_at"),
    "fuweineng/global-news-24h": ("data/news.json", "articles", "link", "published"),
}
LABELS = Path(__file__).with_name("busy_weeks.json")
TEXT = 300  # characters, as dense_en_dev has them
HEBREW = re.compile("[\u0590-\u05ff]")


def snapshots(folder: Path, file: str, days: tuple[str, ...]) -> Iterator[Any]:
    """Yield what the file held on some days, the newest first; the unreadable not."""
    git = ["git", "-C", str(folder)]
    log = subprocess.run(
        [*git, "log", "--format=%H %cI", "--", file],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in log.stdout.splitlines():
        commit, _, at = line.partition(" ")
        if at.startswith(days):
            shown = subprocess.run(
                [*git, "show", f"{commit}:{file}"], capture_output=True, check=True
            )
            try:
                yield json.loads(shown.stdout)
            except ValueError:  # a merge's marks are in some
                continue


def plain(text: str | None) -> str:
    """Return a feed's text without its tags, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(text or "")).split())


def moment(text: str) -> str:
    """Return a date as ISO 8601 in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = parsedate_to_datetime(text)
    return at.astimezone(UTC).isoformat()


def outlet(source: str, title: str, url: str) -> str:
    """Return who published an entry, where the archive names a collection alone."""
    name = source.partition(" \u2014 ")[0]
    if name != "Start.me":
        return name
    if "news.google" in url and " - " in title:
        return title.rpartition(" - ")[2]
    return (urlsplit(url).hostname or name).removeprefix("www.")


def labels_of(
    window: Mapping[str, Any], *, strict: bool
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return the event of each entry, and those with which its pair is uncertain."""
    groups = {key: [key] for key in window["alone"]} | window["events"]
    event = {name: name for name in groups}
    pairs = [([one], [other]) for one, other in window["uncertain"]]
    if not strict:
        for kept, other in window["beside"]["same"]:
            gone = event[other]
            event = {n: event[kept] if e == gone else e for n, e in event.items()}
        pairs += [(groups[a], groups[b]) for a, b in window["beside"]["uncertain"]]
    labels = {key: event[name] for name, keys in groups.items() for key in keys}
    unsure = defaultdict(set)
    for ones, others in pairs:
        for one, other in product(ones, others):
            unsure[one].add(other)
            unsure[other].add(one)
    return labels, unsure


def rows_of(
    folder: Path, window: Mapping[str, Any], *, strict: bool
) -> list[dict[str, Any]]:
    """Return the labelled entries of a window that the archive has, in their order."""
    file, items, link, published = ARCHIVES[window["archive"]]
    labels, unsure = labels_of(window, strict=strict)
    after = date.fromisoformat(window["days"][-1]) + timedelta(days=1)
    rows: dict[str, dict[str, Any]] = {}
    for held in snapshots(folder, file, (*window["days"], after.isoformat())):
        for item in held[items]:
            key = hashlib.sha256(item[link].encode()).hexdigest()[:12]
            if key not in labels or key in rows:
                continue
            title = plain(item["title"])
            rows[key] = {
                "id": key,
                "published": moment(item[published]),
                "lang": "he" if HEBREW.search(title) else "en",
                "source": outlet(item["source"], title, item[link]),
                "url": item[link],
                "title": title,
                "text": plain(item.get("summary"))[:TEXT],
                "cluster": labels[key],
                "uncertain": sorted(unsure[key]),
            }
    return sorted(rows.values(), key=lambda row: (row["published"], row["url"]))


def main() -> None:
    """Write the labelled files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, metavar="GIT_DIR")
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--unseen", action="store_true", help="what no fit has seen")
    parser.add_argument("--strict", action="store_true", help="the first reading alone")
    args = parser.parse_args()
    for name, window in json.loads(LABELS.read_text("utf-8")).items():
        if args.unseen and not window["unseen"]:
            continue
        rows = rows_of(args.archive, window, strict=args.strict)
        if not rows:
            continue  # of the other archive
        path = args.out / f"{name}.jsonl"
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text("".join(lines), "utf-8")
        labelled = len(window["alone"]) + sum(map(len, window["events"].values()))
        sys.stderr.write(f"{path}: {len(rows)} of {labelled} labelled entries\n")


if __name__ == "__main__":
    main()
