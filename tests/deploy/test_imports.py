"""What is imported is `samestory`, from wherever it is run."""

import subprocess
import sys
import tomllib
from pathlib import Path

import samestory
from samestory.index.store.state import State
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


def test_a_list_as_json_loads_no_search_no_encoder_and_no_console(tmp_path):
    """They take longer than the question itself."""
    State(tmp_path / "index" / "state.db").close()
    program = (
        "import sys; from samestory.deploy.cli import run;"
        "print(run(sys.argv[1:]), *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "events", "--json", "--state", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stdout.split()
    heavy = {"faiss", "rich", "httpx2", "torch", "openvino", "sklearn", "kafka"}
    assert (code, heavy & set(modules)) == ("1", set())
    assert "samestory.index.store.reader" in modules
    assert "samestory.index.grouping.grouper" not in modules


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


def test_what_programs_may_rely_on_is_named_and_works_as_the_docs_show(news, capsys):
    """The example of docs/state.md, on the sample newsroom."""
    text = (ROOT / "docs" / "state.md").read_text()
    example = text.split("```python\n")[1].split("```")[0]
    exec(
        example.replace(
            '"state/index/state.db"', repr(str(news.state / "index/state.db"))
        )
    )
    told = capsys.readouterr().out.splitlines()
    expected = news.rows("events", "--min-outlets", "2", "--limit", "10")
    assert told == [f"{one['title']} {one['outlets']}" for one in expected]
    assert all(hasattr(samestory, name) for name in samestory.__all__)
    assert not hasattr(samestory, "grouper")
