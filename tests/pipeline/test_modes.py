"""Who may read what is in a state's directory."""

import json
import os
from pathlib import Path

import pytest

from samestory.deploy.config import Settings
from samestory.deploy.modes import keep_modes
from samestory.errors import Misconfigured
from tests.product import Run

LINES = "\n".join(
    json.dumps({"url": f"https://a.example/{n}", "text": f"Envoys met, {n}."})
    for n in range(3)
)


@pytest.fixture(autouse=True)
def _no_umask():
    """A process whose umask keeps nothing from anybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes_of(folder: Path) -> dict[str, str]:
    """Return the modes of a folder and of all in it, by name, in octal digits."""
    paths = [folder, *sorted(folder.rglob("*"))]
    return {str(p.relative_to(folder)): f"{p.stat().st_mode & 0o777:o}" for p in paths}


def made(folder: Path, *names: str) -> None:
    """Make empty files, open to all as the umask lets them be."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize(
    ("readable", "modes"),
    [("owner", ("700", "700", "600")), ("all", ("711", "755", "644"))],
)
def test_a_state_and_what_is_made_of_it_are_their_owners_alone(
    tmp_path, monkeypatch, readable, modes
):
    """Whatever the umask says; a setting opens the index, and nothing else."""
    monkeypatch.setenv("SAMESTORY_INDEX_READABLE", readable)
    run = Run(tmp_path / "new" / "state")
    run("import", "-", stdin=LINES)
    run("forget", "https://a.example/1", "--yes")  # which writes files of vectors
    run("backup", str(tmp_path / "new" / "snapshot.db"))
    run("replay", "--into", str(tmp_path / "new" / "again"))
    found, of_it = modes_of(run.state), modes_of(tmp_path / "new")
    index = {name: mode for name, mode in found.items() if name.startswith("index")}
    folders = {index.pop(name) for name in ("index", "index/state.vectors")}
    lock = index.pop("index.lock")
    vectors = [name for name in index if name.endswith(".faiss")]
    assert (len(vectors), "index/state.db" in index) == (1, True)
    assert (found["."], *folders, *set(index.values())) == modes
    assert {lock, found["log.db"], found["frontier.db"], found["embed.lock"]} == {"600"}
    assert (of_it["."], of_it["snapshot.db"]) == ("700", "600")
    assert {m for n, m in of_it.items() if n.startswith("again")} == {"700", "600"}


WIDE = (
    *("log.db", "log.db-wal", "frontier.db", "run.lock", "eval/0123.npy"),
    *("index/state.db", "index/state.db-shm", "index/state.vectors/1-2.faiss"),
    "index/state.before-restore-1.db",
)


def test_a_state_of_before_is_closed_once_with_one_line(tmp_path, caplog):
    """Files made by an earlier version are as open as its umask was."""
    made(tmp_path / "state", *WIDE)
    settings = Settings(state=str(tmp_path / "state"))
    keep_modes(settings)
    keep_modes(settings)
    found = modes_of(tmp_path / "state")
    folders = {".", "eval", "index", "index/state.vectors"}
    assert {name: found.pop(name) for name in folders} == dict.fromkeys(folders, "700")
    assert found == dict.fromkeys(WIDE, "600")
    (line,) = caplog.messages
    assert "13 files and folders are no longer open to others" in line


def test_a_directory_of_other_things_stays_as_open_as_it_is(tmp_path):
    """`--state .`: only what is ours in it is closed, also of a folder named index."""
    made(tmp_path / "here", *WIDE, "notes.txt", "index/notes.txt", "own.db")
    keep_modes(Settings(state=str(tmp_path / "here")))
    found = modes_of(tmp_path / "here")
    assert (found["."], found["notes.txt"], found["own.db"]) == ("777", "666", "666")
    assert (found["index"], found["index/notes.txt"]) == ("700", "666")
    assert {found[name] for name in WIDE} == {"600"}


def test_a_group_reads_the_index_and_passes_through_the_directory(tmp_path):
    """Neither lists it, nor reads the log or the frontier; owner's bits stay."""
    made(tmp_path / "state", *WIDE)
    (tmp_path / "state" / "index" / "state.db").chmod(0o400)
    keep_modes(Settings(state=str(tmp_path / "state"), index_readable="group"))
    found = modes_of(tmp_path / "state")
    assert (found["."], found["index"], found["log.db"]) == ("710", "750", "600")
    assert found["index/state.vectors/1-2.faiss"] == "640"
    assert found["index/state.db"] == "440"
    keep_modes(Settings(state=str(tmp_path / "state")))
    assert modes_of(tmp_path / "state")["index/state.db"] == "400"


def test_a_wrong_setting_is_named_and_a_missing_directory_is_none(tmp_path):
    """Before anything is done."""
    with pytest.raises(Misconfigured, match="index_readable 'world': use owner, group"):
        keep_modes(Settings(index_readable="world"))
    keep_modes(Settings(state=str(tmp_path / "none")))
    assert not (tmp_path / "none").exists()
