"""States of before: brought up to date, or refused by name."""

import sqlite3
from contextlib import closing

import pytest

from samestory.database import connect
from samestory.errors import Misconfigured
from samestory.index.decision.whole_vector import combine
from samestory.index.grouping.event_index import EventIndex
from samestory.index.search.neighbours import Neighbours
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.query import Query
from samestory.index.store.reader import Reader, peek
from samestory.index.store.state import State
from tests.index.corrected import Harness, stories
from tests.index.tables import OWN, PARAPHRASE
from tests.index.vectors import DIM, record, vector

# As schema 2 was: 3 brought corrections, 4 two columns, 5 checksums.
FIRST = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stories (
  seq INTEGER PRIMARY KEY, story_id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
  observed REAL NOT NULL, first_seen REAL NOT NULL, event_time REAL NOT NULL,
  event_id TEXT NOT NULL, outlet TEXT NOT NULL, lang TEXT, url TEXT,
  story TEXT NOT NULL, vectors BLOB NOT NULL
) STRICT;
CREATE INDEX stories_event ON stories (event_id, event_time);
CREATE INDEX stories_time ON stories (event_time);
CREATE INDEX stories_url ON stories (url);
CREATE TABLE events (
  event_id TEXT PRIMARY KEY, revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE joins (
  story_id TEXT PRIMARY KEY, event_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value BLOB NOT NULL,
  refused TEXT
) STRICT;
CREATE TABLE latencies (
  slot INTEGER PRIMARY KEY, embed_s REAL NOT NULL, index_s REAL NOT NULL
) STRICT;
"""
CORRECTIONS = """
CREATE TABLE corrections (
  number INTEGER PRIMARY KEY AUTOINCREMENT, correction_id TEXT NOT NULL UNIQUE,
  value BLOB NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, moved TEXT NOT NULL
) STRICT;
"""
SECOND_LOOK = """
ALTER TABLE stories ADD COLUMN crowd REAL NOT NULL DEFAULT 0;
ALTER TABLE stories ADD COLUMN rare BLOB NOT NULL DEFAULT x'';
"""


def of_before(path, version: int):
    """Write today's state as one of an older schema; return its digest."""
    harness = Harness(path.with_name("today.db"), stories())
    harness.say("same", 0, 1)
    digest = harness.state.digest()
    harness.state.close()
    db = sqlite3.connect(path)
    db.executescript(FIRST + (version > 2) * CORRECTIONS + (version > 3) * SECOND_LOOK)
    db.execute("ATTACH ? AS today", (str(path.with_name("today.db")),))
    for (table,) in db.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        names = [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]
        columns = ",".join(names)
        db.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}"
        )
    db.execute(f"PRAGMA user_version = {version}")
    db.commit()
    db.close()
    return digest


@pytest.mark.parametrize("version", [3, 4])
def test_a_state_of_before_is_brought_up_to_date(tmp_path, version):
    """Stories, events and corrections are what they were; the next story is taken."""
    digest = of_before(tmp_path / "s.db", version)
    state = State(tmp_path / "s.db")
    index = EventIndex(state)
    index.apply([])  # which finds who copied whom
    assert state.digest() == digest
    assert len(state.corrections.all()) == 1
    index.apply([(90, record("new", topic=0, noise=90))])
    assert list(damage_of_state(tmp_path / "s.db")) == []
    joined = state.member(record_id("new"))
    assert joined is not None
    assert len(state.members_of(joined.event_id)) == 7
    state.close()


BEFORE_RELAYS = """
ALTER TABLE stories DROP COLUMN relays;
DROP TABLE names;
PRAGMA user_version = 7;
"""
BEFORE_COPIES = f"""
{BEFORE_RELAYS}
DROP VIEW v_reports;
DROP VIEW v_events;
DROP VIEW v_corrections;
DROP INDEX stories_event;
ALTER TABLE stories DROP COLUMN voice;
DROP TABLE texts;
DROP TABLE prints;
DROP TABLE lines;
DROP TABLE pairs;
DROP TABLE copies;
CREATE INDEX stories_event ON stories (event_id, event_time, heard, outlet);
PRAGMA user_version = 6;
"""
BEFORE_READERS = f"""
{BEFORE_COPIES}
DROP INDEX stories_event;
DROP INDEX stories_placed;
DROP INDEX stories_outlet;
ALTER TABLE stories DROP COLUMN heard;
CREATE INDEX stories_event ON stories (event_id, event_time);
CREATE INDEX stories_placed ON stories
  (event_time, seq, event_id, rare, lang, outlet COLLATE NOCASE);
PRAGMA user_version = 5;
"""


def test_a_state_of_before_readers_knows_what_is_hearsay(tmp_path):
    """Schema 5 had it in each story's JSON alone; its reader says what to do."""
    path = tmp_path / "s.db"
    index = EventIndex(State(path))
    about = {"outlet": "evil.org", "hearsay_of": "BBC"}
    index.apply([(0, record("own", 0, 0)), (1, record("heard", 0, 1, **about))])
    digest, events = index.state.digest(), Reader(path).events(Query())
    index.state.close()
    with closing(connect(path)) as db:
        db.executescript(BEFORE_READERS)
    with pytest.raises(Misconfigured, match=r"schema 5.*owner starts `samestory run`"):
        Reader(path)
    assert peek(path).stories == 2
    state = State(path)
    EventIndex(state).apply([])
    assert state.digest() == digest
    state.close()
    assert list(damage_of_state(path)) == []
    assert Reader(path).events(Query()) == events
    assert Reader(path).count_events(Query(min_outlets=2)) == 0


def test_a_state_of_before_copies_finds_them(tmp_path):
    """Schema 6 knew none; what a reader sees meanwhile says no voice."""
    path, texts = tmp_path / "s.db", [OWN, f"{OWN} More.", PARAPHRASE]
    index = EventIndex(State(path))
    journal = [
        record(f"n{n}", 1, n, hours=n, outlet=f"{n}.org", text=text)
        for n, text in enumerate(texts)
    ]
    index.apply(list(enumerate(journal)))
    digest = index.state.digest()
    index.state.close()
    with closing(connect(path)) as db:
        db.executescript(BEFORE_COPIES)
    with closing(State(path)) as state:
        assert [one.voices for one in Reader(path).events(Query())] == [[]]
        EventIndex(state).apply([])
        assert state.digest() == digest
    assert [one.voices for one in Reader(path).events(Query())] == [["0.org", "2.org"]]
    assert list(damage_of_state(path)) == []


def test_a_state_of_before_relays_confirms_as_it_did(tmp_path):
    """Schema 7 counted a citation as a second source; a new version of it does not."""
    path, cited = tmp_path / "s.db", f"The Arc reported: {PARAPHRASE}"
    journal = [
        (0, record("n0", 1, 0, hours=0, outlet="Arc", text=OWN)),
        (1, record("n1", 1, 1, hours=1, outlet="b.org", text=cited)),
    ]
    index = EventIndex(State(path))
    index.apply(journal)
    assert Reader(path).events(Query())[0].confirmed_by is None
    index.state.close()
    with closing(connect(path)) as db:
        db.executescript(BEFORE_RELAYS)
    with closing(State(path)) as state:
        EventIndex(state).apply([])
    assert list(damage_of_state(path)) == []
    assert Reader(path).events(Query())[0].confirmed_by is not None


def test_a_state_of_before_has_its_searched_vectors_made_anew(tmp_path):
    """Schema 8 had them of as much title as lead; what they were is not asked."""
    path = tmp_path / "s.db"
    index = EventIndex(State(path))
    index.apply([(n, record(f"n{n}", 1, n)) for n in range(2)])
    index.state.close()
    with closing(connect(path)) as db:
        stale = combine(vector(7, 7)).astype("<f2").tobytes()
        db.execute("UPDATE unfiled SET vector = ?", (stale,))
        db.execute("PRAGMA user_version = 8")
        db.commit()
    with closing(State(path)) as state:
        placed, held = state.placed(), Neighbours(DIM)
        state.vectors.load(held, placed.seqs, placed.times)
        for noise, seq in enumerate(placed.seqs.tolist()):
            (hit,) = held.search(combine(vector(1, noise)), 1)
            assert hit.seq == seq
            assert hit.similarity == pytest.approx(1, abs=2e-3)
    assert list(damage_of_state(path)) == []


def test_one_without_corrections_has_none(tmp_path):
    """The first schema that anyone used."""
    of_before(tmp_path / "s.db", 2)
    state = State(tmp_path / "s.db")
    assert state.corrections.all() == []
    assert len(state.stories()) == 9
    state.close()


def test_a_newer_state_is_refused_with_what_to_do(tmp_path):
    """It may hold what this version would lose."""
    State(tmp_path / "s.db").close()
    db = sqlite3.connect(tmp_path / "s.db")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(Misconfigured, match="schema 99.*or another --state"):
        State(tmp_path / "s.db")


def record_id(name: str) -> str:
    """Return the story id of a record of `record`."""
    from tests.conftest import make_story

    return make_story(name).story_id
