"""What is imported: `samestory`, from wherever it is run, and no more than is used."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import samestory
from samestory.deploy.cli.app import COMMANDS
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


def test_help_and_questions_by_id_do_not_import_torch():
    """No command pays for a library that it does not use."""
    code = (
        "import sys; from samestory.deploy.cli import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "run(['status', '--state', '/nonexistent/x'])\n"
        "heavy = {'torch', 'sentence_transformers', 'trafilatura', 'transformers'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )


@pytest.mark.parametrize("name", ["events", "status", "same"])
def test_a_command_imports_no_others_module(name):
    """It starts sooner so."""
    targets = {one: at for group in COMMANDS.values() for one, at in group.items()}
    code = (
        "import sys; from samestory.deploy.cli.app import COMMANDS, parsed\n"
        f"parsed([{name!r}, '-h'])\n"
        "names = {t.split(':')[0] for g in COMMANDS.values() for t in g.values()}\n"
        "print()\n"
        "print(*(n for n in names if f'samestory.deploy.cli.{n}' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True
    )
    (last,) = done.stdout.decode().splitlines()[-1:]
    assert last.split() == [targets[name].split(":")[0]]


def test_every_folder_with_code_is_installed():
    """A new one that is not named would be missing from the wheel; so of its files."""
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
    assert set(tool["packages"]) == expected | set(tool["package-data"])


HEAVY = {
    "feedparser": "ingest/feeds/parse.py",
    "fastfeedparser": "ingest/feeds/parse.py",
    "trafilatura": "ingest/articles/extraction.py",
    "dateparser": "ingest/text/dates.py",
    "protego": "ingest/fetch/robots.py",
    "httpx2": "ingest/fetch/client.py",
    "sentence_transformers": "embed/engines/torch_engine.py",
    "openvino": "embed/engines/openvino_engine.py",
    "onnxruntime": "embed/engines/onnx_engine.py",
    "faiss": "index/search/neighbours.py",
    "kafka": "deploy/stream/kafka_client.py",
    "py3langid": "ingest/text/language.py",
}


def test_each_heavy_library_is_imported_in_one_file():
    """Whoever changes a library changes one file."""
    for library, owner in HEAVY.items():
        pattern = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
        users = [
            str(path.relative_to(ROOT))
            for package in ("samestory", "ingest", "embed", "index", "deploy")
            for path in (ROOT / package).rglob("*.py")
            if pattern.search(path.read_text())
        ]
        assert users == [owner], library


def test_torch_is_imported_where_a_model_is_run_or_trained():
    """Two files, neither of which a worker that has a converted model imports."""
    pattern = re.compile(r"^\s*(?:import|from) torch\b", re.MULTILINE)
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "embed").rglob("*.py")
        if pattern.search(path.read_text())
    }
    assert users == {"embed/adapting.py", "embed/engines/torch_engine.py"}


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
