"""Write the entries of an archive of feed files as JSON Lines, to count their words.

    python bench/texts_of_feeds.py real_feeds.tar.xz > feeds.jsonl

The archive holds feed files, and an index.jsonl of {"file", "url"}. A line is
{"id", "title", "text"}; entries without both, and what came already, are left out.
"""

import json
import sys
import tarfile

from samestory.errors import Quarantine
from samestory.ingest.feeds.parse import parse_feed
from samestory.ingest.text.markup import plain_text


def main() -> None:
    """Read every feed of the archive, say how many entries there were."""
    seen: set[tuple[str, str]] = set()
    with tarfile.open(sys.argv[1]) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is None or member.name.endswith(".jsonl"):
                continue
            try:
                entries = parse_feed(file.read(), "http://feed.test/", "").entries
            except Quarantine as error:
                print(f"{member.name}: {error}", file=sys.stderr)
                continue
            for entry in entries:
                text = max(plain_text(entry.content), entry.summary, key=len)
                found = entry.title, text
                if any(found) and found not in seen:
                    seen.add(found)
                    row = dict(zip(("title", "text"), found, strict=True))
                    print(json.dumps({"id": str(len(seen))} | row))
    print(f"{len(seen)} entries", file=sys.stderr)


if __name__ == "__main__":
    main()
