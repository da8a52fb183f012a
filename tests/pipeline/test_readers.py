"""Another user asks what stands in index/, whoever writes it and whether anybody does."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from samestory.deploy.config import Settings
from samestory.deploy.modes import keep_modes
from samestory.index.grouping.event_index import EventIndex
from samestory.index.search import segments
from samestory.index.store.state import State
from tests.conftest import make_story
from tests.index.vectors import JOURNAL, record

NOBODY = 65534
# Python may lie where only root comes to: all that is needed is imported before.
PROGRAM = f"""
import contextlib, io, json, os, sys
from samestory.deploy.cli import run
from samestory.deploy.cli.app import COMMANDS, command_named, parsed
import rich.box, rich.table, rich.text
import samestory.deploy.cli.screen, samestory.embed.models
import samestory.index.search.neighbours, samestory.index.store.reader, samestory.index.decision.expiry
import samestory.ingest.frontier.frontier, samestory.deploy.stream.embedded
for group in COMMANDS.values():
    for name in group:
        command_named(name)
parsed(["events", "--limit", "3"])
who, home, commands = json.load(sys.stdin)
if who == "nobody":
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
told = []
for command in commands:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*command, "--state", home])
    told.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(told))
"""
FIRST, SECOND = make_story("n0").story_id, make_story("n4").story_id
QUESTIONS = (
    ("events", "--json"),
    ("events",),
    ("events", "--since", "2000-01-01", "--limit", "2", "--json"),
    ("event", f"e-{FIRST[2:]}", "--json"),
    ("event", f"e-{FIRST[2:8]}"),
    ("stories", "--json"),
    ("stories", "--until", "2026-11-01", "--outlet", "EXAMPLE.org"),
    ("why", FIRST, SECOND, "--json"),
    ("why", f"e-{FIRST[2:]}"),
    ("near", "--story", FIRST, "--json"),
    ("digest", "--json"),
)


@pytest.fixture(params=["group", "all"])
def index(request, monkeypatch):
    """An index at work, with files of vectors, opened by the setting to its readers."""
    if os.geteuid():
        pytest.skip("only root may be another user")
    monkeypatch.setattr(segments, "DAY_UNFILED", 2)
    monkeypatch.setenv("SAMESTORY_INDEX_READABLE", request.param)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "state"
        index = EventIndex(State(home / "index" / "state.db"))
        index.apply(JOURNAL)
        for one in (home, *home.rglob("*")):
            os.chown(one, 0, NOBODY if request.param == "group" else 0)
        keep_modes(Settings(state=str(home), index_readable=request.param))
        yield index
        index.state.close()


def home_of(index: EventIndex) -> Path:
    return index.state.path.parents[1]


def answers(who: str, home: Path, *commands: tuple[str, ...]) -> list[tuple]:
    """Run commands as root or as nobody; return exit codes, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([who, str(home), commands]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def ask(who: str, home: Path, *command: str) -> tuple[int, str, str]:
    return answers(who, home, command)[0]


@pytest.mark.slow
def test_another_user_gets_the_answers_that_the_owner_gets(index):
    """While the writer is there; after it has ended; and where nothing can be written."""
    home = home_of(index)
    own = answers("root", home, *QUESTIONS)
    assert {(code, said) for code, _, said in own} == {(0, "")}
    assert len(own[0][1].splitlines()) == 4
    assert answers("nobody", home, *QUESTIONS) == own
    index.apply([(90, record("new", topic=0, noise=90))])
    assert '"stories": 25' in ask("nobody", home, "digest", "--json")[1]
    index.state.close()
    own = answers("root", home, *QUESTIONS)
    for one in (home / "index").glob("state.db-*"):  # which root made, and left
        one.unlink()
    (home / "index").chmod(0o555)
    assert answers("nobody", home, *QUESTIONS) == own
    assert [one.name for one in (home / "index").glob("state.db*")] == ["state.db"]


@pytest.mark.slow
def test_what_else_reads_the_index_alone_works_for_another_user_too(index):
    """A snapshot, a comparison, the corrections; what needs the log says so."""
    home = home_of(index)
    (home / "index").chmod(0o555)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        code, out, _ = ask("nobody", home, "backup", f"{folder}/s.db", "--json")
        assert (code, json.loads(out)["stories"]) == (0, 24)
        code, out, _ = ask("nobody", home, "check", f"{folder}/s.db")
        assert (code, out) == (0, f"whole: {folder}/s.db\n")
    assert ask("nobody", home, "diff", str(home), str(home))[0] == 0
    assert ask("nobody", home, "corrections", "list")[::2] == (1, "no corrections\n")
    code, _, said = ask("nobody", home, "status")
    assert (code, said.count("\n")) == (2, 1)


@pytest.mark.slow
def test_check_says_that_a_state_is_read_only_and_never_that_it_is_damaged(index):
    """Nor does it speak of restoring."""
    home = home_of(index)
    code, out, said = ask("nobody", home, "check")
    path = home / "index" / "state.db"
    assert (code, out) == (0, f"whole: {path}\n")
    assert said == (
        f"read-only for user {NOBODY}: {path}; what was judged is what is in them now\n"
    )


@pytest.mark.slow
def test_who_has_no_right_gets_one_line_that_says_what_to_do(index):
    """For each question the same one; exit 2."""
    home = home_of(index)
    keep_modes(Settings(state=str(home)))
    told = set(answers("nobody", home, *QUESTIONS))
    ((code, out, said),) = told
    assert (code, out) == (2, "")
    assert said == (
        f"samestory: user {NOBODY} may not read {home}: its owner lets a group or all"
        " read by the setting index_readable, see docs/state.md; or ask as its owner\n"
    )


@pytest.mark.slow
def test_a_question_makes_no_folder_where_there_is_no_state(tmp_path):
    """It says how stories come."""
    for code, out, said in answers("root", tmp_path / "none", *QUESTIONS):
        assert (code, out) == (2, "")
        assert "no stories yet" in said
    assert not (tmp_path / "none").exists()
