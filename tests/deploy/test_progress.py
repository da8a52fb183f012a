"""Progress: how far, how fast, how long still; and what the last run was given."""

import time

import pytest

from samestory.deploy.cli.last_run import name_forgotten
from samestory.deploy.cli.workers import Run
from samestory.deploy.config import load_settings
from samestory.deploy.progress import Pace, ProgressLine, duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (99.4, "99 s"),
        (100, "2 min"),
        (3_560, "59 min"),
        (7_500, "2 h 05 min"),
    ],
)
def test_a_length_of_time_is_told_in_one_or_two_units(seconds, said):
    """Rounded."""
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("done", "total", "said"),
    [
        (20, 100, ""),  # nothing yet since it began
        (120, 1_120, ", 10 a second, 2 min left"),
        (25, 30, ", 30 a minute, 10 s left"),
        (120, None, ", 10 a second"),
        (1_020, 1_020, ", 100 a second"),
    ],
)
def test_a_pace_is_of_what_was_done_since_its_beginning(done, total, said):
    """Ten seconds ago, with 20 done."""
    pace = Pace("embedded", 20, begin=time.monotonic() - 10.001)
    assert pace.said(done, total) == said


def test_where_nobody_looks_a_line_comes_now_and_then(capsys):
    """Each work begins its pace anew."""
    line = ProgressLine(every_s=0.0)
    line.count("embedded", 1, 30, more="3 new")
    line.count("grouped", 1_000)
    line.end("done")
    assert capsys.readouterr().err == "embedded 1 of 30, 3 new\ngrouped 1,000\ndone\n"


def test_what_a_run_was_given_and_the_next_is_not_is_named_once(tmp_path, capsys):
    """Not what a file or the environment says now, nor what is given otherwise."""

    def said(file: str = "", **given):
        path = tmp_path / "c.toml"
        path.write_text(file)
        command = Run(state=str(tmp_path), **given)
        settings = load_settings(
            file=str(path), overrides=vars(command), environment={}
        )
        name_forgotten(command, settings)
        return capsys.readouterr().err

    both = {"joining": "tight", "allow_network": ("10.0.0.0/8", "::1/128")}
    assert said(**both) == ""
    assert said(**both) == ""
    told = said()
    assert told.startswith(
        "not as in the last run: --joining tight (now balanced), --allow-network"
        " 10.0.0.0/8,::1/128 (now none); give it again, or write it into "
    )
    assert said() == ""
    assert said(joining="tight") == ""
    assert said(joining="loose") == ""
    assert said(file='joining = "loose"') == ""
    (tmp_path / "run.json").write_text("[no json")
    assert said() == ""
    (tmp_path / "run.json").unlink()
    (tmp_path / "run.json").mkdir()  # what can't be kept holds no run up
    assert said(joining="tight") == said() == ""
