"""What is imported is `samestory`, from wherever it is run."""

import sys
import tomllib
from pathlib import Path

from tests.foreign import ForeignFolder

ROOT = Path(__file__).parents[2]


def test_no_file_of_the_current_directory_is_run(tmp_path):
    """Nor one that PYTHONPATH names; the wheel is tried so too, see tests/wheel.py."""
    foreign = ForeignFolder(tmp_path)
    program = Path(sys.executable).parent / "samestory"
    state = ("--state", tmp_path / "state")
    foreign.run(program, "import", foreign.lines(), *state)
    assert "Velund expels envoys" in foreign.run(program, "near", "Velund", *state)
    assert foreign.executed() == []


def test_every_folder_with_code_is_installed():
    """A new one that is not named would be missing from the wheel."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {
        str(path.parent.relative_to(ROOT)).replace("/", ".")
        for top in ("samestory", "ingest", "embed", "index", "deploy")
        for path in (ROOT / top).rglob("*.py")
    }
    expected = {
        name if name == "samestory" else f"samestory.{name.removeprefix('samestory.')}"
        for name in folders
    }
    assert set(tool["packages"]) == expected
