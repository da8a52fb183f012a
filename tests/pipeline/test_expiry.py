"""`samestory expiry`: a jump of the day is told, and a person lets it pass."""

from samestory.deploy import wiring
from samestory.deploy.config import load_settings
from samestory.deploy.index_worker import run_index
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, Message, behind
from tests.index.retained import seen
from tests.product import Run

KEPT_DAYS = 10
LATER = 400


def test_a_jump_is_told_once_and_in_status_and_passes_when_a_person_says_so(
    tmp_path, monkeypatch, caplog
):
    """A warning in the worker's log; since when, from which day to which, what to do."""
    monkeypatch.setenv("SAMESTORY_KEEP_DAYS", str(KEPT_DAYS))
    log = EmbeddedLog(tmp_path / "log.db")
    journal = [
        seen("a", 1, 1, day=0),
        *(seen(f"b{n}", 2, n, day=LATER, published=None) for n in range(3)),
    ]
    settings = load_settings(
        file=None, overrides={"state": str(tmp_path), "index_batch": 1}
    )
    log.publish(JOURNAL, [Message(key="", value=value) for value in journal])
    run_index(settings, log, lambda: not behind(log, "index", JOURNAL))
    log.close()
    assert caplog.text.count("expiry waits") == 1
    run = Run(tmp_path)
    (status,) = run.rows("status")
    held = {
        "since": "2026-03-10 12:00+00:00",
        "from": "2026-03-10",
        "to": "2027-04-14",
        "stories": 3,
        "outlets": 1,
    }
    assert status["expiry"] | {"warning": ""} == {
        "keep_days": KEPT_DAYS,
        "day": "2026-03-10",
        "held": held,
        "warning": "",
    }
    told = "first seen around 2027-04-14, but the day is 2026-03-10: expiry waits"
    assert told in status["expiry"]["warning"]
    assert told in run("status")[0]
    assert run.rows("expiry") == [{"day": "2026-03-10", "held": held}]
    assert told in run("expiry")[0]
    assert run.rows("expiry", "--let-pass") == [{"day": "2027-04-14", "held": None}]
    assert "expiry waits" not in run("status")[0]
    state = wiring.open_state(settings)
    assert {member.story.title for member in state.stories()} == {
        f"Title b{n}" for n in range(3)
    }
    state.close()
    _, told = run("expiry", "--let-pass", expect=2)
    assert "no jump is held" in told
