"""The text of pages: ours beside trafilatura's own ways, on pages with a gold text.

    python -m bench.extraction html/ txt/ [--json]

html/NAME.html is a page, txt/NAME.txt what a person took from it; newspaper4k's source
package has 23 of them under tests/data. F1 is of words, each as often as it stands
there; of characters in what is written without blanks.
"""

import argparse
import json
import re
import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import trafilatura

from samestory.errors import SamestoryError
from samestory.ingest.articles.page import Page, extract_text

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u4e00-\u9fff]")


def tokens(text: str, *, by_character: bool) -> Counter[str]:
    """Return words, or characters of what has no blanks between words."""
    return Counter(re.findall(r"\w" if by_character else r"\w+", text.lower()))


def f1(found: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of tokens; 0 if none agree."""
    by_character = UNSPACED.search(gold) is not None
    ours, theirs = (tokens(one, by_character=by_character) for one in (found, gold))
    both = (ours & theirs).total()
    return 2 * both / (ours.total() + theirs.total()) if both else 0.0


def ours(body: bytes) -> str:
    """Return what ingest would take."""
    return extract_text(Page(body=body, url="https://example.org/a"))


def main() -> int:
    """Measure each way on each page, and print a row for each way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("html", type=Path)
    parser.add_argument("txt", type=Path)
    parser.add_argument("--json", action="store_true", help="also a line for each page")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    extract = partial(trafilatura.extract, include_comments=False)
    ways: dict[str, Callable[[bytes], str | None]] = {
        "samestory": ours,
        "trafilatura, precision": partial(extract, favor_precision=True),
        "trafilatura, no comments": extract,
        "trafilatura, its defaults": trafilatura.extract,
    }
    scores: dict[str, list[float]] = {way: [] for way in ways}
    ms: dict[str, list[float]] = {way: [] for way in ways}
    for gold in sorted(args.txt.glob("*.txt")):
        page = args.html / f"{gold.stem}.html"
        if not page.exists():
            continue
        body, text = page.read_bytes(), gold.read_text(errors="replace")
        for way, take in ways.items():
            begin = time.process_time()
            try:
                found = take(body) or ""
            except SamestoryError:  # an empty page
                found = ""
            ms[way].append(1_000 * (time.process_time() - begin))
            scores[way].append(f1(found, text))
        if args.json:
            row = {way: round(score[-1], 3) for way, score in scores.items()}
            print(json.dumps({"page": gold.stem} | row))
    if not scores["samestory"]:
        parser.error(f"no page of {args.html} has its text in {args.txt}")
    for way, score in scores.items():
        row = {
            "who": way,
            "pages": len(score),
            "F1": round(statistics.mean(score), 3),
            "F1, median": round(statistics.median(score), 3),
            "CPU ms, median": round(statistics.median(ms[way]), 1),
        }
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
