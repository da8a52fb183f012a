"""Real feed files: what we read of them, beside feedparser and fastfeedparser alone.

    python -m bench.feeds ../shared/data/real_feeds.tar.xz

For each file the entries that each parser finds, and the processor's seconds. The goal:
no file in which another finds more.
"""

import argparse
import io
import json
import sys
import tarfile
import time
from collections.abc import Callable

import fastfeedparser
import feedparser

from samestory.errors import SamestoryError
from samestory.ingest.feeds.parse import parse_feed


def ours(body: bytes) -> int:
    """Return the entries that `parse_feed` reads."""
    return len(parse_feed(body, "https://example.org/feed", "").entries)


def feedparsers(body: bytes) -> int:
    """Return those of feedparser alone."""
    return len(feedparser.parse(io.BytesIO(body)).entries)


def fast(body: bytes) -> int:
    """Return those of fastfeedparser alone."""
    return len(fastfeedparser.parse(body).entries)


def main() -> int:
    """Measure and print; 1 if another parser finds more in any file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file")
    args = parser.parse_args()
    readers: dict[str, Callable[[bytes], int]] = {
        "samestory": ours,
        "feedparser": feedparsers,
        "fastfeedparser": fast,
    }
    found: dict[str, dict[str, int]] = {name: {} for name in readers}
    seconds = dict.fromkeys(readers, 0.0)
    with tarfile.open(args.file) as tar:
        for member in tar:
            if not member.isfile() or member.name.endswith(".jsonl"):
                continue
            file = tar.extractfile(member)
            body = file.read() if file else b""
            for name, reader in readers.items():
                begin = time.process_time()
                try:
                    found[name][member.name] = reader(body)
                except SamestoryError as error:
                    print(json.dumps({"file": member.name, "error": str(error)}))
                    found[name][member.name] = 0
                except Exception:  # noqa: BLE001  (other parsers raise anything)
                    found[name][member.name] = 0
                seconds[name] += time.process_time() - begin
    files = found["samestory"]
    lost = {
        file: {name: found[name][file] for name in readers}
        for file, count in files.items()
        if count < max(found[name][file] for name in readers)
    }
    for name in readers:
        row = {"who": name, "files": len(files), "entries": sum(found[name].values())}
        row["read"] = sum(count > 0 for count in found[name].values())
        print(json.dumps(row | {"CPU s": round(seconds[name], 1)}))
    print(json.dumps({"name": "files in which another finds more", "value": len(lost)}))
    print(json.dumps(lost) if lost else "", end="")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
