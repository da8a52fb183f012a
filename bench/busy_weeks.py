"""Entries of two busy weeks, labelled by reading: out of the archive that has them.

    python -m bench.busy_weeks GIT_DIR DIR

GIT_DIR is a clone of Osintsecrets/the-app on GitHub, whose history of data/feeds.json
holds what six outlets' feeds brought. Writes DIR/november.jsonl and DIR/january.jsonl
(20 and 21 November 2025, a peace plan and a summit; 3 and 4 January 2026, Caracas) for
`samestory eval`. The texts are not ours: here are ids and labels alone
(busy_weeks.json): {"november": {id: event}, ..., "uncertain": [[id, id], ...]}, an id
being the beginning of the sha256 of the entry's URL.
"""

import argparse
import hashlib
import html
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = "data/feeds.json"
LABELS = Path(__file__).with_name("busy_weeks.json")
DAYS = {
    "november": ("2025-11-20", "2025-11-21", "2025-11-22"),
    "january": ("2026-01-03", "2026-01-04", "2026-01-05"),
}
TEXT = 300  # characters, as dense_en_dev has them


def snapshots(folder: Path, days: tuple[str, ...]) -> Iterator[list[dict[str, Any]]]:
    """Yield what the file held on some days."""
    git = ["git", "-C", str(folder)]
    log = subprocess.run(
        [*git, "log", "--format=%H %cI", "--", FILE],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in log.stdout.splitlines():
        commit, _, at = line.partition(" ")
        if at.startswith(days):
            shown = subprocess.run(
                [*git, "show", f"{commit}:{FILE}"], capture_output=True, check=True
            )
            yield json.loads(shown.stdout)["items"]


def plain(text: str | None) -> str:
    """Return a feed's text without its tags, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(text or "")).split())


def main() -> None:
    """Write the labelled files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, metavar="GIT_DIR")
    parser.add_argument("out", type=Path, metavar="DIR")
    args = parser.parse_args()
    said = json.loads(LABELS.read_text("utf-8"))
    unsure = defaultdict(list)
    for one, other in said["uncertain"]:
        unsure[one].append(other)
    for name, days in DAYS.items():
        labels, found = said[name], {}
        for items in snapshots(args.archive, days):
            for item in items:
                key = hashlib.sha256(item["url"].encode()).hexdigest()[:12]
                if key in labels:
                    found.setdefault(key, item)
        rows = [
            {
                "id": key,
                "published": item["published_at"],
                "lang": "en",
                "source": item["source"].partition(" \u2014 ")[0],
                "url": item["url"],
                "title": plain(item["title"]),
                "text": plain(item["summary"])[:TEXT],
                "cluster": labels[key],
                "uncertain": unsure[key],
            }
            for key, item in found.items()
        ]
        rows.sort(key=lambda row: (row["published"], row["url"]))
        path = args.out / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        sys.stderr.write(f"{path}: {len(rows)} of {len(labels)} labelled entries\n")


if __name__ == "__main__":
    main()
