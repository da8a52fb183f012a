"""A process that lacks what others have: a name, a home, characters, streams, its lock."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from samestory.deploy.newsroom.outlets import OUTLETS
from tests.conversions import put_conversion
from tests.product import LOCAL, Run

pytestmark = [pytest.mark.model, pytest.mark.slow]
NOBODYS_UID = "4242"  # no line of /etc/passwd has it
TITLE = "Zürich – 北京 \N{GRINNING FACE}"
FEED = "https://news.example/zürich/rss"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A state with a story, a feed and a refusal whose names ASCII can't write."""
    found = Run(tmp_path_factory.mktemp("told"))
    row = {
        "text": "Envoys met in Port Callan.",
        "title": TITLE,
        "outlet": "Zürich 北京",
    }
    without_text = {"title": TITLE}  # is refused
    found(
        "import", "-", stdin=f"{json.dumps(row)}\n{json.dumps(without_text)}", expect=4
    )
    found("feeds", "add", FEED)
    return found


def samestory(state: Path, *arguments: str, shell: str = "", **environment: str):
    """Run it with an environment of its own; `shell` is what redirects its streams."""
    script = f'exec "$@" {shell}'
    return subprocess.run(
        ["sh", "-c", script, "-", *PYTHON, *arguments, "--state", str(state)],
        capture_output=True,
        check=False,
        timeout=120,
        env=os.environ | {"HF_HUB_OFFLINE": "1"} | environment,
    )


PYTHON = (sys.executable, "-m", "samestory.deploy.cli")
COMMANDS = (
    ("stories",),
    ("events", "--min-outlets", "1"),
    ("status",),
    ("feeds", "list"),
    ("near", "Port Callan"),
    ("quarantine", "list"),
)


@pytest.mark.parametrize(
    ("command", "encoding"),
    [*((one, "ascii") for one in COMMANDS), (COMMANDS[0], "latin-1")],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_stdout_that_lacks_characters_gets_them_written_out(told, command, encoding):
    """Tables, and JSON that is the same when it is read."""
    done = samestory(told.state, *command, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    done = samestory(told.state, *command, "--json", PYTHONIOENCODING=encoding)
    rows = [json.loads(line) for line in done.stdout.decode(encoding).splitlines()]
    expected = told.rows(*command)
    assert [row.keys() for row in rows] == [row.keys() for row in expected]
    if command[0] == "stories":
        assert [row["title"] for row in rows] == [TITLE]


@pytest.mark.parametrize("shell", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_no_fault(told, tmp_path, shell):
    """What is read elsewhere is read, and no file takes a stream's place."""
    done = samestory(told.state, "stories", "--json", shell=shell)
    said = done.stdout if ">&-" not in shell.replace("2>&-", "") else None
    assert (done.returncode, done.stderr) == (0, b"")
    assert said is None or json.loads(said)["title"] == TITLE
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps({"text": "Envoys met again."}))
    done = samestory(tmp_path / "state", "import", str(file), shell=shell)
    assert done.returncode == 0
    assert len(Run(tmp_path / "state").rows("stories")) == 1


def test_a_stdout_without_room_may_have_some_later(told):
    """Exit 3, in a line; nothing more at the end of the process."""
    done = samestory(told.state, "stories", "--json", shell=">/dev/full")
    assert done.returncode == 3
    assert done.stderr.count(b"\n") == 1
    assert b"No space left on device" in done.stderr


def make_folder(path: Path) -> None:
    path.mkdir()


def make_junk(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\xb2")


@pytest.mark.parametrize("kind", [make_folder, os.mkfifo])
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("index", ("index",)),
        ("index", ("status",)),
        ("index", ("import", "/dev/null")),
        ("index", ("health", "index")),
        ("run", ("run", "--feed", FEED)),
    ],
)
def test_a_lock_that_is_no_file_is_named(tmp_path, kind, name, command):
    """By whoever would hold it or look at it: exit 2, a line."""
    (tmp_path / "log.db").touch(0o600)
    lock = tmp_path / f"{name}.lock"
    kind(lock)
    lock.chmod(0o700)
    done = samestory(tmp_path, *command)
    line = f"samestory: {tmp_path / name}.lock is no plain file: remove it\n"
    assert (done.returncode, done.stderr.decode()) == (2, line)


def test_a_lock_that_holds_junk_is_a_lock(told, tmp_path):
    """A process that never wrote its number, or a disk that did not."""
    shutil.copytree(told.state, tmp_path / "state")
    make_junk(tmp_path / "state" / "index.lock")
    done = samestory(tmp_path / "state", "status", "--json")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def stranger():
    """Run `samestory` as a user whom the machine does not know, without a home."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv: to become another user")
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, int(NOBODYS_UID), int(NOBODYS_UID))

        def found(*arguments: str) -> subprocess.CompletedProcess:
            return subprocess.run(
                [
                    *("setpriv", "--reuid", NOBODYS_UID, "--regid", NOBODYS_UID),
                    # Python itself may be in root's home.
                    *("--clear-groups", "--inh-caps=+dac_read_search"),
                    *("--ambient-caps=+dac_read_search", "env", "-i"),
                    *(f"{name}={value}" for name, value in KEPT.items()),
                    *(*PYTHON, *arguments),
                ],
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
                cwd=folder,
            )

        found.here = Path(folder)
        yield found


ROOT = str(Path(__file__).parents[2])
KEPT = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": ROOT,
    "PYTHONDONTWRITEBYTECODE": "1",
    "HF_HUB_OFFLINE": "1",
    "SAMESTORY_MODEL": "packaged",
}


def test_a_user_without_a_name_and_a_home_has_the_whole_product(newsroom, stranger):
    """As `docker run --user 4242`: all it needs is a --state.

    The converted model, too, is kept in that state.
    """
    place = ("--state", "state")
    models = stranger.here / "state" / ".cache" / "samestory" / "models"
    put_conversion("packaged", models)
    for path in (stranger.here / "state", *(stranger.here / "state").rglob("*")):
        os.chown(path, int(NOBODYS_UID), int(NOBODYS_UID))
    feed = newsroom.feed_url(OUTLETS[0])
    done = stranger("run", "--feed", feed, "--until-idle", *LOCAL, *place)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "converting model" not in done.stderr
    stories = [
        json.loads(line)
        for line in stranger("stories", "--json", *place).stdout.splitlines()
    ]
    a, b = (one["story_id"] for one in stories[:2])
    (same,) = stranger("same", a, b, "--json", *place).stdout.splitlines()
    assert json.loads(same)["who"] == f"uid {NOBODYS_UID}"
    assert stranger("check", *place).returncode == 0
    assert stranger("near", stories[0]["title"], *place).returncode == 0


def test_a_user_without_a_home_is_told_to_name_a_state(stranger):
    """A line, exit 2."""
    done = stranger("status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"samestory: uid {NOBODYS_UID} has no home directory on this machine: name a"
        " directory by its full path, --state DIR or SAMESTORY_STATE\n"
    )
