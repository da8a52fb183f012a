"""What a former version let into a state can be read, explained, copied and forgotten."""

import json
from datetime import datetime

import pytest

from samestory.database import connect
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.index.answers.lookup import Lookup, told_now
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import SAME
from samestory.index.messages.forget import Forget
from samestory.index.store.state import State
from samestory.message import FIRST, LAST
from tests.conftest import NOW, make_story
from tests.index.corrected import said
from tests.index.vectors import MODEL, record, vector
from tests.messages import answered, ask_everything

ODD = make_story("n1").story_id
ENDS = ["0001-12-31T00:01:00+00:00", "9999-12-31T23:59:59+00:00"]


def journal() -> list[bytes]:
    """Return reports of one topic, one of them twice, and a correction."""
    found = [record(f"n{i}", 1, i, hours=i) for i in range(3)]
    found += [record("n1", 1, 1, hours=1, text="New.", observed=NOW.replace(year=2027))]
    return [*found, said(1, SAME, make_story("n0").story_id, ODD)]


@pytest.fixture(params=ENDS, ids=["first", "last"])
def home(request, tmp_path):
    """A state of which a story, its former version and a correction are of then."""
    state = State(tmp_path / "index" / "state.db")
    EventIndex(state).apply(list(enumerate(journal())))
    state.clear_outbox([one.number for one in state.revisions.outbox()])
    state.close()
    db = connect(state.path)
    at = datetime.fromisoformat(request.param)
    story = json.dumps(
        make_story("n1", text="New.").to_json()
        | dict.fromkeys(("published", "first_seen", "observed"), request.param)
    )
    seconds = at.timestamp()
    db.execute(
        "UPDATE stories SET story=?, event_time=?, first_seen=?, observed=?"
        " WHERE story_id = ?",
        (story, *(seconds,) * 3, ODD),
    )
    db.execute(
        "UPDATE unfiled SET event_time = ?"
        " WHERE seq = (SELECT seq FROM stories WHERE story_id = ?)",
        (seconds, ODD),
    )
    db.execute("UPDATE versions SET story = ?", (story,))
    (value,) = db.execute("SELECT value FROM corrections").fetchone()
    value = json.dumps(json.loads(value) | {"at": request.param}).encode()
    db.execute("UPDATE corrections SET value = ?", (value,))
    db.commit()
    db.close()
    EmbeddedLog(tmp_path / "log.db").close()
    return tmp_path


def test_every_listing_tells_it_at_the_nearest_time_there_is(home):
    """Events, stories, why, backup, check: with it and with all others."""
    ask_everything(home)
    rows = [json.loads(one) for one in answered(home, "stories", "--json").splitlines()]
    (odd,) = [row for row in rows if row["story_id"] == ODD]
    assert len(rows) == 3
    assert odd["published"] in {FIRST.isoformat(), LAST.isoformat()}


def test_reports_go_on_joining_its_event(home):
    """It is compared with what comes; nothing that comes is refused for it."""
    state = State(home / "index" / "state.db")
    index = EventIndex(state)
    late = [record(f"m{i}", 1, 50 + i, hours=i) for i in range(5)]
    newer = record("n1", 1, 9, text="Newest.", observed=NOW.replace(year=9000))
    index.apply(list(enumerate([*late, newer, said(2, SAME, ODD, "s-0")], 5)))
    assert [one.refused for one in state.revisions.outbox() if one.refused] == []
    assert len(state.assignments()) == 8
    query = told_now(MODEL, state.stories()[0].story, vector(1, 3))
    assert len(Lookup(state, MODEL).nearest(query, 9)) == 7


def test_it_is_forgotten_with_all_that_is_kept_of_it(home):
    """Nothing of it has to be understood for that."""
    state = State(home / "index" / "state.db")
    one = Forget(forget_id="f-1", story_ids=(ODD,), who="Ada", at=NOW)
    EventIndex(state).apply([(5, one.encode())])
    assert state.forgotten.removed_by("f-1") == 1
    assert state.known(ODD) is None
    assert b"New." not in state.path.read_bytes()
    ask_everything(home)
