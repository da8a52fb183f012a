"""What expires, what is forgotten, and what stays for ever."""

import json
from datetime import timedelta

import pytest

from index.correction import DIFFERENT, SAME
from index.events import CLOCKS, EventIndex
from index.forgetting import Forget
from index.soundness import damage_of_state
from index.state import State
from ingest.errors import Quarantine
from tests.conftest import NOW, make_story
from tests.index.test_corrections import AT, said
from tests.index.test_events import record

KEPT_DAYS = 10
KEEP_S = KEPT_DAYS * 86_400.0


def seen(name: str, topic: int, noise: int, day: float, **changes) -> bytes:
    """Return a report that was published and first seen on a day."""
    at = NOW + timedelta(days=day)
    return record(
        name,
        topic,
        noise,
        **({"published": at, "first_seen": at, "observed": at} | changes),
    )


def crowd(day: float, count: int = CLOCKS) -> list[bytes]:
    """Return enough reports of a day for it to count as come."""
    return [seen(f"day{day} {i}", 90 + i, 900 + i, day) for i in range(count)]


def id_of(name: str) -> str:
    return make_story(name).story_id


class Desk:
    """An index that is restarted before each record."""

    def __init__(self, path, keep_s=KEEP_S):
        self.path, self._keep_s, self.position = path, keep_s, 0
        self.journal: list[bytes] = []

    def read(self, *records: bytes) -> State:
        for one in records:
            index = EventIndex(State(self.path), keep_s=self._keep_s)
            index.apply([(self.position, one)])
            self.position += 1
            self.journal.append(one)
            self.state = index.state
        return self.state


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "state.db")


def last_of(state: State, event_id: str) -> dict:
    found = [json.loads(o.value) for o in state.revisions.outbox() if o.key == event_id]
    return found[-1]


def test_stories_go_a_whole_day_at_a_time_when_they_are_too_old(desk):
    """By when they were first seen, told by the stories that come."""
    state = desk.read(
        *(seen(f"a{i}", 1, i, day=i) for i in range(3)), *crowd(KEPT_DAYS + 0.1)
    )
    assert state.known(id_of("a0")) is not None
    event = state.events_of([id_of("a0")])[id_of("a0")]
    state = desk.read(*crowd(KEPT_DAYS + 1.1))
    assert state.known(id_of("a0")) is None
    assert state.known(id_of("a1")) is not None
    assert last_of(state, event)["reason"] == "expired"
    assert last_of(state, event)["members"] == [id_of("a1"), id_of("a2")]
    state = desk.read(*crowd(KEPT_DAYS + 30))
    assert last_of(state, event) | {"revision": 0} == {
        "type": "event",
        "version": "1.1",
        "event_id": event,
        "revision": 0,
        "reason": "closed",
        "members": [],
    }
    assert list(damage_of_state(desk.path)) == []
    whole = EventIndex(State(desk.path.with_name("whole.db")), keep_s=KEEP_S)
    whole.apply(list(enumerate(desk.journal)))
    assert whole.state.digest() == state.digest()


def test_a_story_of_the_future_expires_nothing(desk):
    """One wrong clock, or fifteen."""
    state = desk.read(
        *crowd(0), *(seen(f"f{i}", 5, i, day=9_000) for i in range(CLOCKS - 1))
    )
    assert state.known(id_of("day0 0")) is not None


def test_an_old_report_that_comes_now_is_kept_and_joins_its_own_time(desk):
    """Age counts from when it was first seen; an archive may bring any."""
    old = {"published": NOW - timedelta(days=400)}
    state = desk.read(
        *crowd(20),
        seen("x", 3, 1, day=20, **old),
        seen("now", 3, 2, day=20),
        seen("y", 3, 3, day=21, **old),
    )
    x, now, y = (state.events_of([id_of(n)])[id_of(n)] for n in ("x", "now", "y"))
    assert x == y != now


def test_a_story_that_lagged_behind_goes_with_its_day_whoever_restarts(tmp_path):
    """One first seen long ago, read after its day had gone: a restart is no reason."""
    late = [seen("late", 1, 1, day=1), *crowd(21.1, 3)]
    records = [*crowd(0), *crowd(20), *crowd(21), *late, *crowd(22.1)]
    desk = Desk(tmp_path / "often.db")
    index = EventIndex(State(tmp_path / "whole" / "state.db"), keep_s=KEEP_S)
    for number, one in enumerate(records):
        state = desk.read(one)
        index.apply([(number, one)])
        assert state.assignments() == index.state.assignments()
    assert id_of("late") not in state.assignments()


def test_without_a_limit_nothing_expires(tmp_path):
    """The default."""
    desk = Desk(tmp_path / "state.db", keep_s=float("inf"))
    state = desk.read(*crowd(0), *crowd(5_000))
    assert len(state.assignments()) == 2 * CLOCKS


def test_corrections_hold_when_their_stories_have_expired_and_come_again(desk):
    """`different` keeps a story out that came back, `same` brings it home."""
    state = desk.read(
        seen("a", 1, 1, day=0),
        seen("b", 1, 2, day=0),
        seen("c", 2, 3, day=0),
        said(3, DIFFERENT, id_of("a"), id_of("b")),
        said(4, SAME, id_of("b"), id_of("c")),
        *crowd(KEPT_DAYS + 5),
    )
    assert state.assignments().keys().isdisjoint(map(id_of, "abc"))
    (first, second) = state.corrections.all()
    assert (first.status, second.status) == ("accepted", "accepted")
    assert first.stories[id_of("a")]["title"] == make_story("a").title
    days = KEPT_DAYS + 5
    state = desk.read(
        seen("b", 1, 2, day=days), seen("a", 1, 1, day=days), seen("c", 2, 3, day=days)
    )
    found = state.events_of(map(id_of, "abc"))
    assert found[id_of("b")] == found[id_of("c")] != found[id_of("a")]
    refused = desk.read(said(99, SAME, id_of("a"), id_of("c"))).corrections.get("c-99")
    assert refused is not None
    assert (refused.status, "c-3" in refused.reason) == ("refused", True)
    gone = desk.read(said(100, SAME, id_of("a"), id_of("never"))).corrections
    assert gone.get("c-100").status == "refused"


def test_a_story_that_comes_again_after_its_event_was_closed_goes_on_counting(desk):
    """No revision of an id is told twice, else a consumer would keep the old one."""
    state = desk.read(seen("a", 1, 1, day=0), *crowd(KEPT_DAYS + 5))
    event = "e-" + id_of("a")[2:]
    assert last_of(state, event)["revision"] == 2
    state = desk.read(seen("a", 1, 1, day=KEPT_DAYS + 5))
    last = last_of(state, event)
    assert (last["revision"], last["reason"]) == (3, "created")


def forget(number: int, *names: str) -> bytes:
    return Forget(
        forget_id=f"f-{number}", story_ids=tuple(map(id_of, names)), who="Ada", at=AT
    ).encode()


def test_what_is_forgotten_leaves_and_never_comes_back(desk):
    """With its history and corrections; its event tells a revision without it."""
    secret = "Quzzar of Bolvik"
    later = {"text": f"{secret} again.", "observed": NOW + timedelta(days=3)}
    state = desk.read(
        seen("a", 1, 1, day=0),
        seen("b", 1, 2, day=0, text=f"{secret} spoke."),
        seen("b", 1, 2, day=0, **later),
        said(3, SAME, id_of("a"), id_of("b")),
    )
    (event,) = set(state.assignments().values())
    assert secret.encode() in bytes_of(desk.path)
    state = desk.read(forget(4, "b", "never seen"))
    assert state.assignments() == {id_of("a"): event}
    assert (last_of(state, event)["reason"], last_of(state, event)["members"]) == (
        "forgotten",
        [id_of("a")],
    )
    assert state.corrections.all()[0].status == "forgotten"
    assert state.history.versions(id_of("b")) == []
    assert state.history.removed_by("f-4") == 1
    again = seen("b", 1, 2, day=9, text=f"{secret} once more.")
    state = desk.read(again, seen("never seen", 1, 2, day=9))
    assert state.assignments() == {id_of("a"): event}
    assert secret.encode() not in bytes_of(desk.path)
    assert list(damage_of_state(desk.path)) == []
    state = desk.read(forget(4, "b"))  # told twice
    assert state.history.removed_by("f-4") == 1


def test_the_vector_of_a_forgotten_story_leaves_its_file(desk, monkeypatch):
    """Also if the worker is killed between the commit and the new file."""
    monkeypatch.setattr("index.vector_files.DAY_UNFILED", 2)
    state = desk.read(*(seen(f"a{i}", i, i, day=0) for i in range(4)))
    row = state.placed()
    assert len(row.seqs) == 4
    from index.neighbours import combine
    from tests.index.test_events import vector

    wanted = combine(vector(2, 2)).tobytes()
    assert wanted in bytes_of(desk.path)
    with monkeypatch.context() as patched:
        patched.setattr(EventIndex, "_file", lambda _: None)
        desk.read(forget(9, "a2"))
    EventIndex(State(desk.path)).state.close()
    assert wanted not in bytes_of(desk.path)
    assert list(damage_of_state(desk.path)) == []


def bytes_of(path) -> bytes:
    """Return all that the state's directory holds."""
    files = sorted(one for one in path.parent.rglob("*") if one.is_file())
    return b"".join(one.read_bytes() for one in files)


@pytest.mark.parametrize(
    "change",
    [
        {"stories": []},
        {"stories": ["x"]},
        {"stories": "s-1"},
        {"stories": ["s-1"] * 1_001},
        {"id": "x"},
        {"at": "soon"},
        {"at": "2026-01-01"},
    ],
    ids=str,
)
def test_a_torn_request_is_refused(desk, change):
    """It goes to the quarantine, nothing is forgotten."""
    value = json.loads(forget(0, "a")) | change
    with pytest.raises(Quarantine):
        Forget.from_json(value)
    state = desk.read(json.dumps(value).encode(), seen("a", 1, 1, day=0))
    assert len(state.assignments()) == 1
