"""What was set aside is listed, shown, retried and dropped."""

import json

import pytest

from samestory.deploy.quarantine import (
    MAX_ATTEMPTS,
    RETRIED,
    HeldFeeds,
    cases,
    quarantine_rejected,
    settle,
)
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, QUARANTINE, STORIES, Message
from samestory.errors import Rejected
from samestory.ingest.frontier.frontier import Frontier
from tests.conftest import make_story, serve
from tests.product import LOCAL, Run

pytestmark = [pytest.mark.model, pytest.mark.slow]
GOOD = {"text": "Envoys met in Port Callan."}


def test_a_message_is_retried_with_its_history_until_it_is_dropped(tmp_path):
    """A retry that fails again is the same case, one attempt more; then it is guarded."""
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="x", value=b"\xff junk")])
    log.publish(JOURNAL, [Message(key="y", value=b'{"type":"story-vector"}')])
    run = Run(tmp_path)
    run("import", "-", stdin=json.dumps(GOOD))
    held = {row["stage"]: row for row in run.rows("quarantine", "list")}
    assert held["embed"]["where"] == "stories:0:0"
    assert held["index"]["where"] == "journal:0:0"
    one = held["embed"]["id"]
    assert run.rows("quarantine", "show", one[:9])[0]["value"] == "\ufffd junk"
    assert run.rows("quarantine", "retry", one) == [{"retried": 1}]
    assert run.rows("quarantine", "list", "--stage", "embed", expect=1) == []
    run("import", "-", stdin=json.dumps(GOOD))
    (again,) = run.rows("quarantine", "list", "--stage", "embed")
    assert (again["id"], again["attempt"]) == (one, 2)
    headers = {"stage": "embed", "reason": "r", "attempt": str(MAX_ATTEMPTS)}
    log.publish(QUARANTINE, [Message(key=one, value=b"junk", headers=headers)])
    _, said = run("quarantine", "retry", "--stage", "embed", expect=1)
    assert "--force tries it once more" in said
    assert run.rows("quarantine", "drop", "--all") == [{"dropped": 2}]
    assert run.rows("quarantine", "list", expect=1) == []
    assert cases(log)[one].status == "dropped"
    log.close()


def test_a_mended_message_goes_through_when_it_is_retried(tmp_path):
    """E.g. after an upgrade that knows the message: the story arrives."""
    story = make_story("a", title="Now it works")
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(STORIES, [Message(key="x", value=b"junk")])
    run = Run(tmp_path)
    run("import", "-", stdin=json.dumps(GOOD))
    (case,) = cases(log).values()
    headers = {"stage": "embed", "reason": "r", "topic": STORIES, "key": "x"}
    log.publish(
        "quarantine", [Message(key=case.case_id, value=story.encode(), headers=headers)]
    )
    assert "1 retried" in run("quarantine", "retry", case.case_id)[0]
    run("import", "-", stdin=json.dumps(GOOD))
    assert "Now it works" in {s["title"] for s in run.rows("stories")}
    assert run("quarantine", "list", expect=1)[1] == "nothing is held\n"
    log.close()


def test_a_feed_is_made_due_and_an_import_line_must_be_mended(tmp_path):
    """What never was a message is tried again where it came from."""
    body = [b"<html>Log in</html>"]
    run = Run(tmp_path / "state")
    with serve(lambda *_: (200, {}, body[0])) as base:
        run("run", "--feed", f"{base}/feed", "--until-idle", *LOCAL, expect=1)
        run("import", "-", stdin="not json", expect=4)
        out, _ = run("quarantine", "list")
        assert "an HTML page" in " ".join(out.split())
        out, said = run("quarantine", "retry", "--all")
        assert out == "1 retried\n"
        assert "mend -:1 and import it again" in said
        (feed,) = run.rows("feeds", "list")
        assert feed["due"] == "1970-01-01T00:00:00+00:00"
        body[0] = (
            b"<rss version='2.0'><channel><item><title>Back</title></item>"
            b"</channel></rss>"
        )
        run("run", "--until-idle", *LOCAL)
    assert [s["title"] for s in run.rows("stories")] == ["Back"]
    (left,) = run.rows("quarantine", "list")
    assert left["stage"] == "import"
    assert run.rows("quarantine", "list", "--reason", "not json")
    assert run.rows("quarantine", "list", "--older-than", "1h", expect=1) == []


def test_a_feed_that_is_read_again_needs_nobody(tmp_path):
    """Its cases are mended, whatever it failed by; an entry of its own stays held."""
    untitled = b"<item><guid>g</guid></item>"
    feed = b"<rss version='2.0'><channel><item><title>Back</title></item>%s"
    answers = [(200, b"<html>Log in</html>"), (410, b""), (200, feed % untitled)]
    run = Run(tmp_path)
    with serve(lambda *_: (answers[0][0], {}, answers[0][1])) as base:
        run("run", "--feed", f"{base}/feed", "--until-idle", *LOCAL, expect=1)
        answers.pop(0)
        for expected in (1, 0):
            frontier = Frontier(tmp_path / "frontier.db")
            frontier.feeds.make_due()
            frontier.close()
            run("run", "--until-idle", *LOCAL, expect=expected)
            del answers[:-1]
    (left,) = run.rows("quarantine", "list")
    assert left["where"] == f"{base}/feed"
    assert "g" in run.rows("quarantine", "show", left["id"])[0]["value"]
    log = EmbeddedLog(tmp_path / "log.db")
    statuses = [case.status for case in cases(log).values()]
    log.close()
    assert sorted(statuses) == ["held", "mended", "mended"]


def test_a_feed_that_comes_and_goes_was_retried_by_nobody(tmp_path):
    """It stays at its first try until a person has retried it."""
    log = EmbeddedLog(tmp_path / "log.db")
    rejected = [Rejected(reason="gone", source="http://a/", detail="", is_feed=True)]
    feeds = HeldFeeds(log)
    for _ in range(MAX_ATTEMPTS + 1):
        quarantine_rejected(log, "ingest", rejected)
        feeds.held(rejected)
        feeds.mended("http://a/")
    (case,) = cases(log).values()
    assert (case.status, case.attempt) == ("mended", 1)
    settle(log, case, RETRIED)
    quarantine_rejected(log, "ingest", rejected)
    (case,) = cases(log).values()
    assert (case.status, case.attempt) == ("held", 2)
    log.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["drop"], "name cases by ID"),
        (["show", "q-zz"], "'q-zz' is no case"),
        (["retry", "e-1"], "'e-1' is no case"),
    ],
)
def test_wrong_use_of_the_quarantine_says_what_to_do(tmp_path, arguments, says):
    """Exit 2 and one line."""
    run = Run(tmp_path)
    assert "no state in" in run("quarantine", *arguments, expect=2)[1]
    assert not [*tmp_path.iterdir()]  # who asks makes none
    run("import", "-", stdin="")
    _, said = run("quarantine", *arguments, expect=2)
    assert says in said
