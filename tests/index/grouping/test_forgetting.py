"""What is forgotten leaves for good, and never comes back."""

import json
from datetime import timedelta

import pytest

from samestory.deploy.forgotten import forgetting
from samestory.deploy.stream.log import JOURNAL, Record
from samestory.errors import Quarantine
from samestory.index.decision.whole_vector import combine
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import APART, DIFFERENT, SAME, UNDO, Correction
from samestory.index.messages.forget import Forget
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.state import State
from samestory.story_vector import StoryVector
from tests.conftest import NOW
from tests.index.corrected import AT, said
from tests.index.retained import KEPT_DAYS, Harness, crowd, id_of, last_of, seen
from tests.index.vectors import vector


@pytest.fixture
def harness(tmp_path):
    return Harness(tmp_path / "state.db")


def forget(number: int, *names: str) -> bytes:
    return Forget(
        forget_id=f"f-{number}", story_ids=tuple(map(id_of, names)), who="Ada", at=AT
    ).encode()


def test_what_is_forgotten_leaves_and_never_comes_back(harness):
    """With its history and corrections; its event tells a revision without it."""
    secret = "Quzzar of Bolvik"
    later = {"text": f"{secret} again.", "observed": NOW + timedelta(days=3)}
    state = harness.read(
        seen("a", 1, 1, day=0),
        seen("b", 1, 2, day=0, text=f"{secret} spoke."),
        seen("b", 1, 2, day=0, **later),
        said(3, SAME, id_of("a"), id_of("b")),
    )
    (event,) = set(state.assignments().values())
    assert secret.encode() in bytes_of(harness.path)
    state = harness.read(forget(4, "b", "never seen"))
    assert state.assignments() == {id_of("a"): event}
    assert (last_of(state, event)["reason"], last_of(state, event)["members"]) == (
        "forgotten",
        [id_of("a")],
    )
    assert state.corrections.all()[0].status == "forgotten"
    assert state.history.versions(id_of("b")) == []
    assert state.forgotten.removed_by("f-4") == 1
    again = seen("b", 1, 2, day=9, text=f"{secret} once more.")
    state = harness.read(again, seen("never seen", 1, 2, day=9))
    assert state.assignments() == {id_of("a"): event}
    assert secret.encode() not in bytes_of(harness.path)
    assert list(damage_of_state(harness.path)) == []
    state = harness.read(forget(4, "b"))  # told twice
    assert state.forgotten.removed_by("f-4") == 1


def worded(number: int, kind: str, a: str, b: str, why: str) -> bytes:
    """Return a correction with a reason."""
    return json.dumps(json.loads(said(number, kind, a, b)) | {"why": why}).encode()


def whys_of(state: State) -> dict[str, tuple[str, str]]:
    """Return (status, reason in words) by correction."""
    return {
        one.correction.correction_id: (one.status, one.correction.why)
        for one in state.corrections.all()
    }


@pytest.mark.parametrize("log", ["embedded", "kafka"])
def test_reasons_of_corrections_that_name_a_forgotten_story_are_forgotten(
    harness, tmp_path, log
):
    """Accepted, refused or undone, and of what undid them; others keep theirs."""
    a, b, c = map(id_of, "abc")
    secret = "Quzzar of Bolvik"
    state = harness.read(
        *(seen(name, n, n, day=0) for n, name in enumerate("abc")),
        worded(3, SAME, a, b, f"{secret} is in both"),
        worded(4, DIFFERENT, a, b, f"{secret} is in one"),
        worded(5, UNDO, "", "c-3", f"no {secret}"),
        worded(6, DIFFERENT, a, c, "two towns"),
        worded(7, "maybe", a, b, f"{secret} perhaps"),
        worded(8, UNDO, "", "c-5", f"{secret} after all"),
    )
    assert secret.encode() in bytes_of(harness.path)
    state = harness.read(forget(9, "b"), worded(10, SAME, c, b, f"{secret} came late"))
    expected = {
        **{f"c-{n}": ("forgotten", "") for n in (3, 4, 5, 8)},
        "c-6": ("accepted", "two towns"),
        "c-10": ("refused", ""),
    }
    assert whys_of(state) == expected
    assert secret.encode() not in bytes_of(harness.path)
    assert list(damage_of_state(harness.path)) == []
    again = Harness(tmp_path / "again.db")
    records = left_of(harness.journal, b) if log == "embedded" else harness.journal
    assert (secret in b"".join(records).decode()) == (log == "kafka")
    replayed = again.read(*records)
    assert whys_of(replayed) == expected
    assert replayed.digest() == state.digest()
    assert secret.encode() not in bytes_of(again.path)


def test_a_story_stays_out_of_an_event_whose_stories_are_forgotten_one_by_one(
    harness, tmp_path
):
    """The reason goes with the first of them, their texts too; a replay agrees."""
    a, b, c = map(id_of, "abc")
    secret = "Quzzar of Bolvik"
    apart = Correction(
        correction_id="c-3",
        kind=APART,
        a=c,
        b="e-" + a[2:],
        who="Ada",
        why=f"{secret} is not in it",
        at=AT,
        members=(a, b),
    )
    state = harness.read(
        seen("a", 1, 1, day=0),
        seen("b", 1, 2, day=0, text=f"{secret} spoke."),
        seen("c", 1, 3, day=0),
        apart.encode(),
    )
    assert set(state.corrections.get("c-3").stories) == {a, b, c}
    state = harness.read(forget(4, "b"), said(5, SAME, a, c))
    held, refused = state.corrections.all()
    assert (held.status, held.correction.why) == ("accepted", "")
    assert (held.correction.members, set(held.stories)) == ((a, b), {a, c})
    assert (refused.status, "c-3" in refused.reason) == ("refused", True)
    assert secret.encode() not in bytes_of(harness.path)
    assert state.assignments() == {a: "e-" + a[2:], c: "e-" + c[2:]}
    replayed = Harness(tmp_path / "again.db").read(*left_of(harness.journal, b))
    assert replayed.digest() == state.digest()
    assert whys_of(replayed) == whys_of(state)
    state = harness.read(forget(6, "a"))
    assert whys_of(state) == {"c-3": ("accepted", ""), "c-5": ("forgotten", "")}
    replayed = Harness(tmp_path / "later.db").read(*left_of(harness.journal, a, b))
    assert replayed.digest() == state.digest()
    state = harness.read(forget(7, "c"))
    assert whys_of(state) == {"c-3": ("forgotten", ""), "c-5": ("forgotten", "")}
    replayed = Harness(tmp_path / "none.db").read(*left_of(harness.journal, a, b, c))
    assert replayed.digest() == state.digest()


def left_of(journal: list[bytes], *story_ids: str) -> list[bytes]:
    """Return what an embedded log holds after stories of it were forgotten."""
    change = forgetting(JOURNAL, frozenset(story_ids))
    records = (
        Record(
            topic=JOURNAL,
            partition=0,
            offset=at,
            key="",
            value=value,
            headers={},
            appended_at=0.0,
        )
        for at, value in enumerate(journal)
    )
    return [new.value if (new := change(one)) else one.value for one in records]


@pytest.mark.parametrize("kind", ["held", "expired", "moved to another day"])
def test_the_vector_of_a_forgotten_story_leaves_its_file(harness, monkeypatch, kind):
    """In the running worker; also of a story that expired, or of a former version."""
    monkeypatch.setattr("samestory.index.search.segments.DAY_UNFILED", 8)
    x = seen("x", 1, 1, day=0)
    others = [
        seen(f"o{i}", 20 + i, 20 + i, day=0, first_seen=NOW + timedelta(days=9))
        for i in range(9)
    ]
    then = {
        "held": [],
        "expired": crowd(KEPT_DAYS + 1.1),
        "moved to another day": [
            seen("x", 1, 5, day=3, text="New.", observed=NOW + timedelta(days=4))
        ],
    }[kind]
    wanted = combine(StoryVector.decode(x).vectors).tobytes()
    harness.read(x, *others, *then)
    assert wanted in bytes_of(harness.path)
    state = harness.read(forget(1, "x"))
    assert wanted not in bytes_of(harness.path)
    assert state.known(id_of("x")) is None
    assert list(damage_of_state(harness.path)) == []


def test_forgetting_is_finished_after_a_crash(harness, monkeypatch):
    """Killed between the commit and the new file."""
    monkeypatch.setattr("samestory.index.search.segments.DAY_UNFILED", 2)
    state = harness.read(*(seen(f"a{i}", i, i, day=0) for i in range(4)))
    row = state.placed()
    assert len(row.seqs) == 4
    wanted = combine(vector(2, 2)).tobytes()
    assert wanted in bytes_of(harness.path)
    with monkeypatch.context() as patched:
        patched.setattr(EventIndex, "_file", lambda _: None)
        harness.read(forget(9, "a2"))
    assert State(harness.path).forgotten.removed_by("f-9") is None
    state = harness.read()
    EventIndex(state).apply([])
    assert state.forgotten.removed_by("f-9") == 1
    assert wanted not in bytes_of(harness.path)
    assert list(damage_of_state(harness.path)) == []


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
def test_a_torn_request_is_refused(harness, change):
    """It goes to the quarantine, nothing is forgotten."""
    value = json.loads(forget(0, "a")) | change
    with pytest.raises(Quarantine):
        Forget.from_json(value)
    state = harness.read(json.dumps(value).encode(), seen("a", 1, 1, day=0))
    assert len(state.assignments()) == 1
