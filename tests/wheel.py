"""The wheel holds our packages with their data, and nothing else."""

import sys
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
if tops != {"ingest", "embed", "index", "deploy"}:
    sys.exit(f"the wheel holds {sorted(tops)}")
for needed in (
    "index/pair_model.json",
    "deploy/feeds/diplomacy.opml",
    "deploy/newsroom/stories/2_border.md",
    "ingest/py.typed",
):
    if needed not in names:
        sys.exit(f"the wheel lacks {needed}")
print(f"{len(names)} files in {', '.join(sorted(tops))}")
