"""The files of vectors: never wrong, whatever becomes of them."""

import sqlite3
from datetime import timedelta

import pytest

from samestory.database import connect
from samestory.index.answers.lookup import Lookup, query_of
from samestory.index.decision.pair_model import PairModel
from samestory.index.grouping.event_index import EventIndex
from samestory.index.search import neighbours, segments
from samestory.index.search.segments import Segments, files_of
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.state import State
from tests.conftest import NOW
from tests.index.vectors import record, vector
from tests.interleaving import just_before

MODEL = PairModel.load()
RECORDS = [record(f"n{i}", topic=i % 5, noise=i, hours=5 * i) for i in range(40)]


@pytest.fixture(autouse=True)
def _files_at_once(monkeypatch):
    """File each day as soon as it holds two stories."""
    monkeypatch.setattr(segments, "DAY_UNFILED", 2)


def index_of(path, records=RECORDS, batch=3) -> EventIndex:
    index = EventIndex(State(path / "state.db"))
    begin = index.state.meta.position()
    journal = list(enumerate(records))[begin:]
    for at in range(0, len(journal), batch):
        index.apply(journal[at : at + batch])
    return index


def answers(state: State) -> list[list[tuple[str, float]]]:
    lookup = Lookup(state, MODEL)
    return [
        [
            (near.member.story.story_id, near.likeness.similarity)
            for near in lookup.nearest(query_of(MODEL, "", "x", vector(n, n)), 12)
        ]
        for n in range(5)
    ]


def files(path):
    return sorted((path / "state.vectors").iterdir())


@pytest.fixture
def calm(tmp_path_factory, monkeypatch):
    """The digest and the answers of an index that never wrote a file."""
    with monkeypatch.context() as patched:
        patched.setattr(segments, "DAY_UNFILED", 10**9)
        folder = tmp_path_factory.mktemp("calm")
        index = index_of(folder)
        assert not (folder / "state.vectors").exists()
        return index.state.digest(), answers(index.state)


def test_files_change_no_answer_and_are_named_by_the_state(tmp_path, calm):
    """Written, mapped, replaced as stories come; what was replaced is gone."""
    index = index_of(tmp_path)
    assert (index.state.digest(), answers(index.state)) == calm
    assert len(files(tmp_path)) >= 8
    named = {
        row[0]
        for row in sqlite3.connect(tmp_path / "state.db").execute(
            "SELECT name FROM files"
        )
    }
    assert {path.name for path in files(tmp_path)} == named
    assert list(damage_of_state(tmp_path / "state.db")) == []
    index.state.close()
    again = EventIndex(State(tmp_path / "state.db"))
    assert (again.state.digest(), answers(again.state)) == calm


@pytest.mark.parametrize("kind", ["flipped", "torn", "gone", "empty"])
def test_a_damaged_file_is_noticed_by_name_and_made_anew(tmp_path, calm, kind, caplog):
    """Before it is used: faiss would believe it, or die of it."""
    index_of(tmp_path).state.close()
    path = files(tmp_path)[3]
    whole = bytearray(path.read_bytes())
    if kind == "flipped":
        whole[len(whole) // 2] ^= 1
    path.write_bytes(whole[: 0 if kind == "empty" else None])
    if kind == "torn":
        path.write_bytes(whole[:-7])
    if kind == "gone":
        path.unlink()
    (found,) = damage_of_state(tmp_path / "state.db")
    assert found[0] == path
    reader = State(tmp_path / "state.db")
    assert answers(reader) == calm[1]
    assert path.name in caplog.text
    assert "made anew from the stories" in caplog.text
    reader.close()
    EventIndex(State(tmp_path / "state.db")).apply([])
    assert list(damage_of_state(tmp_path / "state.db")) == []


def test_a_file_that_is_replaced_while_it_is_checked_is_no_damage(tmp_path):
    """The check began before; it looks at what there is now."""
    index = index_of(tmp_path, RECORDS[:20])
    path = tmp_path / "state.db"
    before = files(tmp_path)
    db = connect(path)
    with just_before(db, "FROM files", lambda: index_of(tmp_path), nth=2):
        assert Segments(db, files_of(path)).damage() == {}
    db.close()
    assert files(tmp_path) != before
    index.state.close()


def test_what_a_crash_left_is_removed_at_the_next_start(tmp_path):
    """A file without a commit that names it, and a half-written one."""
    index_of(tmp_path).state.close()
    before = files(tmp_path)
    (tmp_path / "state.vectors" / "20000-00000000.faiss").write_bytes(b"never named")
    (tmp_path / "state.vectors" / "20001.partial").write_bytes(b"half")
    EventIndex(State(tmp_path / "state.db")).state.close()
    assert files(tmp_path) == before


def test_a_copy_without_its_files_answers_alike_and_writes_them(tmp_path, calm):
    """That is what a snapshot is."""
    index_of(tmp_path / "a").state.close()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "state.db").rename(tmp_path / "b" / "state.db")
    reader = State(tmp_path / "b" / "state.db")
    assert answers(reader) == calm[1]
    reader.close()
    writer = EventIndex(State(tmp_path / "b" / "state.db"))
    writer.apply([])
    assert answers(writer.state) == calm[1]
    days = [
        [path.name.split("-")[0] for path in files(tmp_path / name)] for name in "ab"
    ]
    assert days[0] == days[1]


def test_no_room_for_a_file_loses_nothing(tmp_path, calm, monkeypatch):
    """The stories are committed; the file is written when there is room."""
    index = EventIndex(State(tmp_path / "state.db"))

    def full(*_):
        raise OSError(28, "No space left on device")

    journal = list(enumerate(RECORDS))
    with monkeypatch.context() as patched:
        patched.setattr(neighbours, "write_vectors", full)
        for at in range(0, len(journal), 5):
            with pytest.raises(OSError, match="No space left"):
                index.apply(journal[at : at + 5])
    assert (index.state.digest(), answers(index.state)) == calm
    index.apply([])
    assert len(files(tmp_path)) >= 8
    assert (index.state.digest(), answers(index.state)) == calm


def test_a_reader_sees_one_commit_while_the_writer_goes_on(tmp_path):
    """Its files may be replaced between its questions."""
    index = index_of(tmp_path, RECORDS[:20])
    reader = State(tmp_path / "state.db")
    with reader.reading():
        before = answers_within(reader)
        index.apply(list(enumerate(RECORDS))[20:])
        assert answers_within(reader) == before
        assert reader.meta.position() == 20
    assert reader.meta.position() == 40
    assert answers(reader) == answers(index.state)


def answers_within(state: State):
    """Answers of the commit that a caller's `reading` sees."""
    placed = state.placed()
    from samestory.index.decision.whole_vector import combine
    from samestory.index.search.neighbours import Neighbours

    held = Neighbours(64)
    state.vectors.load(held, placed.seqs, placed.times)
    return held.search(combine(vector(1, 1)), 20)


def test_a_version_of_another_day_leaves_its_former_day(tmp_path):
    """The file of that day still has it, and does not count."""
    index = index_of(tmp_path)
    late = {"text": "Moved.", "observed": NOW + timedelta(days=20)}
    moved = record("n0", topic=0, noise=0, hours=24 * 12, **late)
    index.apply([(90, moved)])
    again = EventIndex(State(tmp_path / "state.db"))
    day = (NOW + timedelta(days=9, minutes=15)).timestamp()
    for one in (index, again):
        assert one._memory().neighbours.times[1] == day
        assert answers(one.state) == answers(index.state)
