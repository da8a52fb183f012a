"""What the embedded log removes, and what no clock makes it remove."""

import sqlite3

import pytest

from samestory.database import damage_of
from samestory.deploy.stream.clock import JUMP_S, Moment, advanced
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.embedded_retention import STALE_GROUP_S, TRIM_ROWS
from samestory.deploy.stream.log import EVENTS, JOURNAL, QUARANTINE, STORIES, Message
from samestory.errors import Misconfigured
from tests.contracts.records import messages

DAY_S = 86_400.0


def open_log(folder, wall, boot=None, **options):
    """Return a log on clocks that a test moves; without `boot` both are one."""
    values = {
        "retention_s": 100,
        "clock": lambda: wall[0],
        "monotonic": lambda: (boot or wall)[0],
    }
    return EmbeddedLog(folder / "log.db", **(values | options))


def offsets(log, topic=STORIES):
    return [record.offset for record in log.read(topic, 0, 0, 9_999)]


def test_old_records_go_in_steps_but_never_what_a_live_group_has_not_read(
    tmp_path, caplog
):
    """By age; a group that is silent for a week is named and holds nothing back."""
    now = [1_000_000.0]
    log = open_log(tmp_path, now)
    log.publish(STORIES, messages(*(str(n) for n in range(TRIM_ROWS + 20))))
    log.consumer("embed", STORIES).commit({0: TRIM_ROWS + 20})
    reader, slow = log.consumer("g", STORIES), log.consumer("slow", STORIES)
    reader.commit({0: TRIM_ROWS + 10})
    slow.commit({0: 5})
    now[0] += 200
    assert log.trim() == 5
    assert [r.offset for r in log.read(STORIES, 0, 0, 1)] == [5]
    slow.commit({0: TRIM_ROWS + 20})
    assert [log.trim(), log.trim()] == [TRIM_ROWS, 5]
    assert [r.offset for r in log.read(STORIES, 0, 0, 1)] == [TRIM_ROWS + 10]
    now[0] += STALE_GROUP_S + 1
    slow.commit({0: TRIM_ROWS + 20})
    assert log.trim() == 10
    assert "group g has not read stories:0 for 7 days" in caplog.text
    assert log.count(STORIES) == TRIM_ROWS + 20
    with pytest.raises(
        Misconfigured, match=rf"group g .* 0:{TRIM_ROWS + 10}, .* passed"
    ):
        log.consumer("g", STORIES).poll(1, 0)
    log.publish(STORIES, messages("later"))
    new = log.consumer("new", STORIES)  # it never had a position: from what there is
    assert [r.offset for r in new.poll(1, 0)] == [TRIM_ROWS + 20]
    log.close()


def test_a_log_over_its_size_gives_up_its_oldest_records(tmp_path):
    """However young they are."""
    log = EmbeddedLog(tmp_path / "log.db", retention_bytes=1_000)
    log.publish(EVENTS, [Message(key="k", value=b"x" * 100) for _ in range(25)])
    log.publish(EVENTS, messages("a"))
    while log.trim():
        pass
    assert [r.offset for r in log.read(EVENTS, 0, 0, 1)] == [16]
    log.close()


def test_stories_that_nobody_has_read_are_never_removed(tmp_path):
    """Imported into a fresh state: no stage has a position yet; neither age nor size."""
    now = [1_000_000.0]
    log = open_log(tmp_path, now, retention_bytes=10)
    log.publish(STORIES, messages(*(str(n) for n in range(300))))
    now[0] += 400 * DAY_S
    log.publish(STORIES, messages("one more"))
    assert log.trim() == 0
    assert offsets(log) == list(range(301))
    log.consumer("embed", STORIES).commit({0: 299})
    assert log.trim() == 299
    assert offsets(log) == [299, 300]
    log.close()


def test_a_stage_that_was_away_for_a_year_holds_its_topic_back(tmp_path, caplog):
    """Only others are given up after a week."""
    now = [1_000_000.0]
    log = open_log(tmp_path, now)
    log.publish(JOURNAL, messages("a", "b"))
    log.consumer("index", JOURNAL).commit({0: 1})
    now[0] += 365 * DAY_S
    assert log.trim() == 1
    assert offsets(log, JOURNAL) == [1]
    assert "holds the log back" not in caplog.text
    log.close()


def test_a_command_whose_clock_is_forty_days_ahead_removes_nothing(tmp_path, caplog):
    """It is named, once; when time has really passed, the same record goes."""
    wall, boot = [1_700_000_000.0], [500.0]
    log = open_log(tmp_path, wall, boot, retention_s=30 * DAY_S)
    log.publish(STORIES, messages("a", "b"))
    log.consumer("embed", STORIES).commit({0: 2})
    log.consumer("other", STORIES).commit({0: 1})
    wall[0] += 40 * DAY_S
    boot[0] += 60
    ahead = open_log(tmp_path, wall, boot, retention_s=30 * DAY_S)
    ahead.publish(QUARANTINE, messages("q"))
    assert [ahead.trim(), ahead.trim()] == [0, 0]
    assert offsets(log) == [0, 1]
    (said,) = [r.getMessage() for r in caplog.records]
    assert said.startswith(
        "this machine's clock says 2023-12-24 22:13, by what has passed it is"
        " 2023-11-14 22:15: it jumped"
    )
    ahead.close()
    wall[0] -= 40 * DAY_S
    assert log.trim() == 0
    wall[0] += 31 * DAY_S
    boot[0] += 31 * DAY_S
    assert log.trim() == 2
    log.close()


def test_a_clock_of_long_ago_removes_nothing_and_costs_nothing(tmp_path):
    """A board without a battery wakes up in 1970, and is told the time later."""
    wall, boot = [1_000.0], [1.0]
    log = open_log(tmp_path, wall, boot)
    log.publish(EVENTS, messages("a"))
    wall[0], boot[0] = 1_700_000_000.0, 41.0
    log.publish(EVENTS, messages("b"))
    assert offsets(log, EVENTS) == [0, 1]
    for _ in range(2):  # b counts for its real age as soon as a is gone
        wall[0] += 60
        boot[0] += 60
        log.trim()
        assert offsets(log, EVENTS) == [1]
    wall[0] = 1_000.0
    log.publish(EVENTS, messages("c"))
    assert offsets(log, EVENTS) == [1, 2]
    log.close()


LAST = Moment(at=1_000_000.0, boot="a", since_boot=50.0)


@pytest.mark.parametrize(
    ("wall_s", "boot", "passed_s", "at_s"),
    [
        (60, "a", 60, 60),
        (40 * DAY_S, "a", 60, 120),  # it gains as much again
        (70, "a", 60, 70),
        (-5, "a", 60, 0),  # set back: it waits
        (DAY_S, "b", -10, DAY_S),  # a night off
        (40 * DAY_S, "b", 900, JUMP_S),
        (40 * DAY_S, "a", -10, JUMP_S),  # a boot without a name
    ],
)
def test_the_clock_of_the_log_follows_ours_but_never_jumps(
    wall_s, boot, passed_s, at_s
):
    """Twice as fast as time at most, two days where nobody knows how much passed."""
    found = advanced(
        LAST,
        wall=LAST.at + wall_s,
        boot=boot,
        since_boot=LAST.since_boot + passed_s,
        oldest=0.0,
    )
    assert found == Moment(
        at=LAST.at + at_s, boot=boot, since_boot=LAST.since_boot + passed_s
    )


def test_the_clock_of_the_log_comes_to_its_oldest_record_at_once():
    """Nothing is older than that, so nothing is removed by it; never ahead of ours."""
    for oldest_s, at_s in ((20 * DAY_S, 20 * DAY_S), (99 * DAY_S, 40 * DAY_S)):
        found = advanced(
            LAST,
            wall=LAST.at + 40 * DAY_S,
            boot="a",
            since_boot=LAST.since_boot,
            oldest=LAST.at + oldest_s,
        )
        assert found.at == LAST.at + at_s


def test_a_log_without_a_clock_of_its_own_gets_one(tmp_path):
    """Of the schema before; it begins at the newest record, whatever ours says."""
    now = [1_700_000_000.0]
    log = open_log(tmp_path, now)
    log.publish(EVENTS, messages("a"))
    log.close()
    db = sqlite3.connect(tmp_path / "log.db")
    db.execute("DROP TABLE retention_clock")
    db.execute("PRAGMA user_version = 2")
    db.close()
    later, boot = [now[0] + 40 * DAY_S], [now[0] + 60]
    log = open_log(tmp_path, later, boot)
    assert log.trim() == 0
    later[0], boot[0] = now[0] + 40 * DAY_S, now[0] + 120
    assert log.trim() == 1
    log.close()
    assert damage_of(tmp_path / "log.db") == []


def test_a_jump_ahead_leaves_no_room_for_the_next(tmp_path):
    """The log's clock comes back with ours, after an hour."""
    start = 1_700_000_000.0
    wall, boot = [start + 3_650 * DAY_S], [0.0]
    log = open_log(tmp_path, wall, boot, retention_s=30 * DAY_S)
    log.publish(QUARANTINE, messages("ahead"))  # a new log: its clock is ahead, too
    wall[0] = start
    log.publish(JOURNAL, messages("a", "b"))
    log.consumer("index", JOURNAL).commit({0: 2})
    for _ in range(50):
        wall[0], boot[0] = wall[0] + 120, boot[0] + 120
        log.trim()
    wall[0] += 2_900 * DAY_S
    for _ in range(50):
        boot[0] += 60
        log.trim()
    assert offsets(log, JOURNAL) == [0, 1]
    log.close()


def test_a_log_of_before_obeys_no_clock_that_is_ahead_at_its_first_publish(tmp_path):
    """Its clock begins at its newest record before ours is appended."""
    wall, boot = [1_700_000_000.0], [0.0]
    log = open_log(tmp_path, wall, boot, retention_s=30 * DAY_S)
    log.publish(JOURNAL, messages("a", "b"))
    log.consumer("index", JOURNAL).commit({0: 2})
    log.close()
    db = sqlite3.connect(tmp_path / "log.db")
    db.execute("DROP TABLE retention_clock")
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    wall[0] += 3_650 * DAY_S
    log = open_log(tmp_path, wall, boot, retention_s=30 * DAY_S)
    log.publish(JOURNAL, messages("c"))
    log.trim()
    assert offsets(log, JOURNAL) == [0, 1, 2]
    log.close()
