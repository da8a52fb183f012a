"""`samestory init`, and the file of settings where none is named."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from samestory.deploy.cli import run
from samestory.deploy.config import Settings, load_settings
from samestory.deploy.supervisor import environment
from samestory.ingest.frontier.frontier import Frontier


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's folders, in which nothing stands yet."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SAMESTORY_STATE", raising=False)
    return tmp_path


def file_of(home: Path) -> Path:
    return home / "XDG_CONFIG_HOME" / "samestory" / "config.toml"


def feeds_of(state: Path) -> list[str]:
    frontier = Frontier(state / "frontier.db")
    found = [feed.url for feed in frontier.feeds.all()]
    frontier.close()
    return found


def test_settings_are_written_with_every_other_as_a_comment(home, capsys):
    """A contact, the place, the list that comes along; nothing else is set."""
    state = home / "my news"
    args = ("--contact", "ada@example.org", "--state", str(state), "diplomacy")
    assert run(["init", *args]) == 0
    text = file_of(home).read_text()
    assert tomllib.loads(text) == {
        "state": str(state),
        "user_agent": "samestory/0.1.0 (+mailto:ada@example.org)",
    }
    assert file_of(home).stat().st_mode & 0o777 == 0o600
    set_all = "\n".join(
        line.removeprefix("# ") for line in text.splitlines() if " = " in line
    )
    assert set(tomllib.loads(set_all)) == set(Settings.__slots__)
    whole = home / "whole.toml"
    whole.write_text(set_all)
    found = load_settings(file=str(whole), overrides={}, environment={})
    assert found.host_spacing == Settings().host_spacing
    assert len(feeds_of(state)) >= 60
    assert f"feeds added to {state}" in capsys.readouterr().out
    # And it holds from now on, for every command.
    assert run(["feeds", "list", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) >= 60


def test_a_file_of_headers_is_found_from_everywhere(home, monkeypatch):
    """As the place of everything is: by its whole path."""
    monkeypatch.chdir(home)
    (home / "headers.toml").write_text("")
    args = ("--contact", "x@y.org", "--state", "s", "--feed-headers", "headers.toml")
    assert run(["init", *args, "diplomacy"]) == 0
    written = tomllib.loads(file_of(home).read_text())
    assert written["feed_headers"] == str(home / "headers.toml")


def test_a_list_that_is_not_there_is_no_site(home, capsys):
    """Nothing is written, nothing asked of the network."""
    args = ["--contact", "x@y.org", "--state", str(home / "s"), "my/feeds.opml"]
    assert run(["init", *args]) == 2
    assert "my/feeds.opml: no such file" in capsys.readouterr().err
    assert list(home.iterdir()) == []


def test_a_list_is_read_from_its_address_too(home, newsroom):
    """All feeds of it, as `feeds import` has it."""
    args = ["--contact", "x@y.org", "--state", str(home / "s"), newsroom.opml_url]
    assert run(["init", *args, "--allow-network", "127.0.0.0/8"]) == 0
    assert len(feeds_of(home / "s")) == 18


def test_a_place_holds_wherever_one_is(home, monkeypatch):
    """Written whole, with what is not ASCII as it is."""
    monkeypatch.chdir(home)
    (home / "feeds.txt").write_text("https://example.org/rss\n")
    assert (
        run(["init", "--contact", "x@y.org", "--state", "Nachr 📰", "feeds.txt"]) == 0
    )
    held = tomllib.loads(file_of(home).read_text())
    assert held["state"] == str(home / "Nachr 📰")
    assert [one.name for one in file_of(home).parent.iterdir()] == ["config.toml"]


def test_what_is_there_is_not_written_over(home, capsys):
    """But with --force."""
    feeds = home / "feeds.txt"
    feeds.write_text("https://example.org/rss\n")
    args = ["init", "--contact", "x@y.org", "--state", str(home / "s"), str(feeds)]
    assert run(args) == 0
    assert run(args) == 2
    assert "is there: edit it, or --force" in capsys.readouterr().err
    assert run([*args, "--force"]) == 0
    assert feeds_of(home / "s") == ["https://example.org/rss"]


def test_without_a_terminal_it_says_which_option_answers(home, capsys, monkeypatch):
    """It never waits for an answer that can't come."""
    with Path(os.devnull).open() as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        assert run(["init"]) == 2
    assert "say --contact" in capsys.readouterr().err
    assert not file_of(home).exists()


def test_it_asks_three_things_on_a_terminal(home):
    """Enter takes what stands in brackets."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "samestory.deploy.cli", "init"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.write(ours, b"https://example.org/bot\n\n\n")
    out, err = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0, err
    state = home / "XDG_DATA_HOME" / "samestory"
    assert tomllib.loads(file_of(home).read_text()) == {
        "state": str(state),
        "user_agent": "samestory/0.1.0 (+https://example.org/bot)",
    }
    assert err.decode().count("[") == 2
    assert b"next: samestory run" in out


@pytest.mark.usefixtures("home")
def test_a_file_is_named_by_the_environment_or_an_option(tmp_path, monkeypatch, capsys):
    """The option wins; one that is not there is an error, not passed over."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(
            f"state = {json.dumps(str(tmp_path / name))}"
        )
    monkeypatch.setenv("SAMESTORY_CONFIG", str(tmp_path / "one.toml"))
    assert run(["feeds", "list"]) == 2
    assert f"no feeds in {tmp_path / 'one'}" in capsys.readouterr().err
    assert run(["feeds", "list", "--config", str(tmp_path / "two.toml")]) == 2
    assert f"no feeds in {tmp_path / 'two'}" in capsys.readouterr().err
    assert not (tmp_path / "one").exists()  # who only asks makes nothing
    monkeypatch.setenv("SAMESTORY_CONFIG", str(tmp_path / "none.toml"))
    assert run(["feeds", "list"]) == 2
    assert "none.toml" in capsys.readouterr().err


@pytest.mark.usefixtures("home")
def test_a_supervised_worker_has_its_supervisors_settings_alone(home, tmp_path):
    """A flag that says the default wins over the file for the workers, too."""
    file_of(home).parent.mkdir(parents=True)
    file_of(home).write_text('precision = "int8"\n')
    settings = load_settings(file=str(file_of(home)), overrides={"precision": "exact"})
    given = environment(replace(settings, state=str(tmp_path / "s")))
    code = (
        "import sys; from samestory.deploy import cli\n"
        "from samestory.deploy.cli.status import Status\n"
        "Status.run = lambda self, settings: print(settings.precision) or 0\n"
        "sys.exit(cli.run(['status']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=given, capture_output=True, check=True
    )
    assert done.stdout == b"exact\n"


def test_a_variable_that_is_no_setting_is_named(tmp_path, monkeypatch, capsys):
    """With the one that may be meant; nothing fails for it."""
    monkeypatch.setenv("SAMESTORY_POLL_INTERVALL", "3")
    assert run(["feeds", "list", "--state", str(tmp_path / "s")]) == 2
    said = capsys.readouterr().err
    assert (
        "SAMESTORY_POLL_INTERVALL is no setting, SAMESTORY_POLL_INTERVAL is one" in said
    )
