"""What the docs say is what the program does."""

import argparse
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from samestory.deploy.cli import MODULES, build_parser
from samestory.ingest.feeds.opml import parse_feedlist
from tests.reference import PAGES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_the_printed_reference_equals_the_program(name):
    """`make docs` writes it."""
    assert (ROOT / "docs" / name).read_text() == PAGES[name]()


def test_every_command_teaches():
    """A description for the command, a help text for each of its arguments but feeds' own."""

    def check(parser: argparse.ArgumentParser) -> None:
        assert parser.description, parser.prog
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for child in action.choices.values():
                    check(child)
            elif action.option_strings:
                assert action.help, (parser.prog, action.option_strings)

    check(build_parser())


def test_commands_in_the_readme_and_docs_exist():
    """No example names a command or flag that the program lacks."""
    text = "".join(p.read_text() for p in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    known = build_parser()._subparsers._group_actions[0].choices
    used = set(re.findall(r"samestory ([a-z]+)\b", text)) - {"import"}
    assert used <= set(known) | {"is", "needs", "knows", "polls"}, used - set(known)


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


@pytest.mark.parametrize(("module", "commands"), MODULES.items())
def test_a_command_imports_no_others_module(module, commands):
    """It starts sooner so."""
    for command in commands:
        parser = build_parser(command)
        assert tuple(parser._subparsers._group_actions[0].choices) == commands
    code = (
        "import sys; from samestory.deploy.cli import MODULES, build_parser\n"
        f"build_parser({commands[0]!r})\n"
        "print(*(m for m in MODULES if f'samestory.deploy.cli.{m}' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True
    )
    assert done.stdout.decode().split() == [module]


def test_every_command_has_a_module():
    """In the order of --help."""
    known = tuple(build_parser()._subparsers._group_actions[0].choices)
    assert known == tuple(chain(*MODULES.values()))


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
