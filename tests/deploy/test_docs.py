"""What the docs say is what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from samestory.deploy.cli.app import COMMANDS, command_named, first_screen
from samestory.deploy.cli.help import options_of, text_of
from samestory.ingest.feeds.opml import parse_feedlist
from tests.reference import PAGES

ROOT = Path(__file__).parents[2]
NAMES = [name for group in COMMANDS.values() for name in group]


@pytest.mark.parametrize("name", PAGES)
def test_the_printed_reference_equals_the_program(name):
    """`make docs` writes it."""
    assert (ROOT / "docs" / name).read_text() == PAGES[name]()


def test_every_command_teaches():
    """Two examples for each command, a help text for each of its options."""

    for name in NAMES:
        command = command_named(name)
        _, _, examples = text_of(command).partition("\nExamples:\n")
        shown = re.findall(r"^  (?:[^|\n]+\| )?samestory \w", examples, re.MULTILINE)
        assert len(shown) >= 2, name
        assert all(one.about for one in options_of(command) if one.group), name


def test_commands_in_the_readme_and_docs_exist():
    """No example names a command or flag that the program lacks."""
    text = "".join(p.read_text() for p in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    known = {name.split()[0] for name in NAMES}
    used = set(re.findall(r"samestory ([a-z]+)\b", text)) - {"import"}
    assert used <= known | {"is", "needs", "knows", "polls"}, used - known


def test_files_that_the_docs_name_are_there():
    """By their path from the top, or from tests/ as reliability.md has them."""
    named = {
        (path.name, name)
        for path in [
            ROOT / "README.md",
            ROOT / "CONTRIBUTING.md",
            *ROOT.glob("docs/*.md"),
        ]
        for name in re.findall(
            r"`([\w./-]+/[\w-]+\.(?:py|toml|sh|yaml))`", path.read_text()
        )
    }
    assert len(named) > 50
    folders = (ROOT, ROOT / "tests")
    missing = {one for one in named if not any((f / one[1]).exists() for f in folders)}
    assert missing == set()


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


def test_the_first_screen_is_one():
    """Every command by its name, in 24 lines of 80 columns."""
    lines = first_screen().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    words = set(first_screen().split())
    assert {name.split()[0] for name in NAMES} <= words


def test_the_starter_list_is_a_list_of_feeds():
    """At least 60 feeds, grouped, with language, no URL twice."""
    body = (ROOT / "deploy" / "feeds" / "diplomacy.opml").read_bytes()
    feeds = parse_feedlist(body, "diplomacy.opml").feeds
    assert len(feeds) >= 60
    assert len({f.url for f in feeds}) == len(feeds)
    assert all(f.title and f.group and f.lang for f in feeds)
    assert len({f.group for f in feeds}) >= 6


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
