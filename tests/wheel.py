"""The wheel holds our package with its data and works wherever it is run.

python -m tests.wheel WHEEL.whl FOLDER: FOLDER/venv has it installed, without what it
requires. That is linked there, nothing else: what is imported and not required fails.
"""

import sys
import zipfile
from pathlib import Path

from samestory.deploy.newsroom.outlets import OUTLETS
from samestory.deploy.newsroom.server import Newsroom
from tests.foreign import ForeignFolder
from tests.reference import closure

ONCE = ("--until-idle", "--allow-network", "127.0.0.0/8", "--host-spacing", "0")
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
    pages = [
        name for name in names if name.endswith(".data/data/share/man/man1/samestory.1")
    ]
    if tops - {page.split("/")[0] for page in pages} != {"samestory"} or not pages:
        sys.exit(f"the wheel holds {sorted(tops)}")
    if lacking := set(NEEDED) - set(names):
        sys.exit(f"the wheel lacks {sorted(lacking)}")
    print(f"{len(names)} files in {', '.join(sorted(tops))}")


def link_what_it_requires(folder: Path) -> None:
    """Link the installed files of all that it requires, and of what those require."""
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    required = closure("samestory")
    del required["samestory"]
    for one in required.values():
        for name in {file.parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
            if not (site / name).exists():  # two may share a folder
                (site / name).symlink_to(one.locate_file(name))


def run_it(folder: Path) -> None:
    """Run, import and ask where files have the names of ours; exit if one is run."""
    foreign = ForeignFolder(folder / "foreign")
    program, state = folder / "venv/bin/samestory", folder / "state"
    print(foreign.run(program, "--help").splitlines()[0])
    with Newsroom(0) as newsroom:  # one of its outlets
        feed = newsroom.feed_url(OUTLETS[0])
        foreign.run(program, "run", "--feed", feed, *ONCE, "--state", state)
    foreign.run(program, "import", foreign.lines(), "--state", state)
    found = foreign.run(program, "near", "Velund expels envoys", "--state", state)
    if "Velund" not in found:
        sys.exit(f"`near` found nothing: {found}")
    if executed := foreign.executed():
        sys.exit(f"files of the current directory were run: {executed}")
    print("run, import and near work beside files with our names")


if __name__ == "__main__":
    look_into(sys.argv[1])
    link_what_it_requires(Path(sys.argv[2]))
    run_it(Path(sys.argv[2]))
