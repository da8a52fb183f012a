"""The wheel holds our package with its data and works wherever it is run.

python tests/wheel.py WHEEL.whl FOLDER: FOLDER/venv has it installed.
"""

import sys
import zipfile
from pathlib import Path

from tests.foreign import ForeignFolder

NEEDED = (
    "samestory/index/decision/pair_model.json",
    "samestory/deploy/feeds/diplomacy.opml",
    "samestory/deploy/newsroom/stories/2_border.md",
    "samestory/py.typed",
)


def look_into(wheel: str) -> None:
    """Say what it holds; exit if that is not as it must be."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    if tops != {"samestory"}:
        sys.exit(f"the wheel holds {sorted(tops)}")
    if lacking := set(NEEDED) - set(names):
        sys.exit(f"the wheel lacks {sorted(lacking)}")
    print(f"{len(names)} files in {', '.join(sorted(tops))}")


def run_it(folder: Path) -> None:
    """Run, import and ask where files have the names of ours; exit if one is run."""
    foreign = ForeignFolder(folder / "foreign")
    program, state = folder / "venv/bin/samestory", folder / "state"
    print(foreign.run(program, "--help").splitlines()[0])
    demo = ("-P", "-m", "samestory.deploy.newsroom", "demo", "--port", "0")
    foreign.run(folder / "venv/bin/python", *demo, "--state", state)
    foreign.run(program, "import", foreign.lines(), "--state", state)
    found = foreign.run(program, "near", "Velund expels envoys", "--state", state)
    if "Velund" not in found:
        sys.exit(f"`near` found nothing: {found}")
    if executed := foreign.executed():
        sys.exit(f"files of the current directory were run: {executed}")
    print("run, import and near work beside files with our names")


if __name__ == "__main__":
    look_into(sys.argv[1])
    run_it(Path(sys.argv[2]))
