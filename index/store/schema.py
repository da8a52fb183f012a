"""The tables of the index's state, and how states of before become one of today.

Each row of what a person relies on carries a checksum, see
`samestory.checksums.checked`.
"""

from typing import Final

from samestory.checksums import checked, rebuilt
from samestory.index.store.names import NAMES

SCHEMA: Final = 9
_META: Final = checked(
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID"
)
_STORIES: Final = checked(
    """CREATE TABLE stories (
  seq INTEGER PRIMARY KEY, story_id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
  observed REAL NOT NULL, first_seen REAL NOT NULL, event_time REAL NOT NULL,
  event_id TEXT NOT NULL, outlet TEXT NOT NULL, lang TEXT, url TEXT,
  story TEXT NOT NULL, vectors BLOB NOT NULL, crowd REAL NOT NULL, rare BLOB NOT NULL
) STRICT"""
)
_EVENTS: Final = checked(
    """CREATE TABLE events (
  event_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, merged_into TEXT, confirmed TEXT
) STRICT, WITHOUT ROWID"""
)
_JOINS: Final = checked(
    """CREATE TABLE joins (
  story_id TEXT PRIMARY KEY, event_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT, WITHOUT ROWID"""
)
_OUTBOX: Final = checked(
    """CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value BLOB NOT NULL,
  refused TEXT
) STRICT"""
)
_CORRECTIONS: Final = checked(
    """CREATE TABLE corrections (
  number INTEGER PRIMARY KEY AUTOINCREMENT, correction_id TEXT NOT NULL UNIQUE,
  value BLOB NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, moved TEXT NOT NULL,
  stories TEXT NOT NULL DEFAULT '{}'
) STRICT"""
)
_VERSIONS: Final = checked(
    """CREATE TABLE versions (
  number INTEGER PRIMARY KEY AUTOINCREMENT, story_id TEXT NOT NULL,
  event_id TEXT NOT NULL, story TEXT NOT NULL, record TEXT NOT NULL
) STRICT"""
)
_FORGOTTEN: Final = checked(
    "CREATE TABLE forgotten (story_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
)
_FORGETS: Final = checked(
    "CREATE TABLE forgets (forget_id TEXT PRIMARY KEY, stories INTEGER NOT NULL,"
    " done INTEGER NOT NULL) STRICT, WITHOUT ROWID"
)
# Vectors whose day's file does not hold them yet.
_UNFILED: Final = checked(
    """CREATE TABLE unfiled (
  seq INTEGER PRIMARY KEY, event_time REAL NOT NULL, vector BLOB NOT NULL
) STRICT"""
)
_FILES: Final = checked(
    """CREATE TABLE files (
  day INTEGER PRIMARY KEY, name TEXT NOT NULL, crc INTEGER NOT NULL,
  stories INTEGER NOT NULL
) STRICT"""
)
_LATENCIES: Final = """CREATE TABLE latencies (
  slot INTEGER PRIMARY KEY, embed_s REAL NOT NULL, index_s REAL NOT NULL
) STRICT"""
_COMMON_INDEXES: Final = """
CREATE INDEX stories_seen ON stories (first_seen);
CREATE INDEX stories_url ON stories (url);
CREATE INDEX versions_story ON versions (story_id);
"""
_INDEXES_5: Final = f"""
CREATE INDEX stories_event ON stories (event_id, event_time);
CREATE INDEX stories_placed ON stories
  (event_time, seq, event_id, rare, lang, outlet COLLATE NOCASE);
{_COMMON_INDEXES}
"""
# Whether a story is hearsay, as its JSON says; `integrity` compares the two.
# Not a generated column: SQLite before 3.41 reads the story for it, index or not.
_HEARD: Final = "ALTER TABLE stories ADD COLUMN heard INTEGER NOT NULL DEFAULT 0"
_HEARD_OF_BEFORE: Final = (
    "UPDATE stories SET heard = 1 WHERE json_valid(story)"
    " AND coalesce(json_extract(story, '$.hearsay_of'), '') <> ''"
)
# Whose voice a story is, "" for nobody's; NULL until `copy_tracker` has read it.
_VOICE: Final = "ALTER TABLE stories ADD COLUMN voice TEXT"
# What a story passes on of others' knowledge, see `copies.relays`: names, one a line.
_RELAYS: Final = "ALTER TABLE stories ADD COLUMN relays TEXT NOT NULL DEFAULT ''"
# A few shingles of each text and its outer lines, and the stories of each: see
# `copies.prints` and `copies.house_lines`. The latter are an index of the former.
_TEXTS: Final = checked(
    "CREATE TABLE texts (seq INTEGER PRIMARY KEY, prints BLOB NOT NULL DEFAULT x'',"
    " lines BLOB NOT NULL DEFAULT x'') STRICT"
)
_POSTINGS: Final = tuple(
    f"CREATE TABLE {name} (number INTEGER, seq INTEGER, PRIMARY KEY (number, seq))"
    " STRICT, WITHOUT ROWID"
    for name in ("prints", "lines")
)
_PAIRS: Final = checked(
    "CREATE TABLE pairs (a INTEGER NOT NULL, b INTEGER NOT NULL, shared TEXT NOT NULL,"
    " PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID"
)
_COPIES: Final = checked(
    """CREATE TABLE copies (
  seq INTEGER PRIMARY KEY, source INTEGER NOT NULL, covered INTEGER NOT NULL,
  own INTEGER NOT NULL, whose TEXT NOT NULL, ground TEXT NOT NULL,
  sources INTEGER NOT NULL
) STRICT"""
)
_WHO_COPIED: Final = (
    _VOICE,
    _TEXTS,
    *_POSTINGS,
    _PAIRS,
    _COPIES,
    "CREATE INDEX pairs_b ON pairs (b)",
    "CREATE INDEX copies_source ON copies (source)",
)
# Questions are answered from these without a story's text: how events stand, by whom
# they were told, and what of a time, an outlet or a language is in which of them.
# `stories_placed` also has all that the memory holds of a story.
_INDEXES_6: Final = """
CREATE INDEX stories_event ON stories (event_id, event_time, heard, outlet);
CREATE INDEX stories_placed ON stories
  (event_time, seq, event_id, rare, lang, outlet COLLATE NOCASE, heard);
CREATE INDEX stories_outlet ON stories
  (outlet COLLATE NOCASE, event_time, event_id, heard);
"""
# The names that other programs may rely on, for Datasette, sqlite-utils and the like.
_MOMENT: Final = "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')"
_VIEWS: Final = (
    f"""CREATE VIEW v_reports AS SELECT story_id, event_id, outlet, lang, url,
  json_extract(story, '$.title') AS title,
  json_extract(story, '$.published') AS published,
  {_MOMENT.format("event_time")} AS event_time,
  nullif(json_extract(story, '$.hearsay_of'), '') AS hearsay_of,
  nullif(voice, '') AS voice, (SELECT o.story_id FROM copies c
    JOIN stories o ON o.seq = c.source WHERE c.seq = stories.seq) AS copy_of
FROM stories""",
    f"""CREATE VIEW v_events AS SELECT event_id,
  (SELECT json_extract(f.story, '$.title') FROM stories f
    WHERE f.event_id = stories.event_id
    ORDER BY f.heard, f.event_time, f.story_id LIMIT 1) AS first_title,
  count(*) AS reports,
  count(DISTINCT CASE WHEN NOT heard THEN outlet END) AS outlets,
  count(DISTINCT nullif(voice, '')) AS voices,
  {_MOMENT.format("min(event_time)")} AS began,
  {_MOMENT.format("max(event_time)")} AS updated
FROM stories GROUP BY event_id""",
    """CREATE VIEW v_corrections AS SELECT correction_id, status,
  json_extract(CAST(value AS TEXT), '$.kind') AS kind,
  json_extract(CAST(value AS TEXT), '$.a') AS a,
  json_extract(CAST(value AS TEXT), '$.b') AS b,
  json_extract(CAST(value AS TEXT), '$.who') AS who,
  json_extract(CAST(value AS TEXT), '$.at') AS at,
  json_extract(CAST(value AS TEXT), '$.why') AS why
FROM corrections""",
)
_NEW: Final = (_VERSIONS, _FORGOTTEN, _FORGETS, _UNFILED, _FILES)
_OLD: Final = {
    "meta": _META,
    "stories": _STORIES,
    "joins": _JOINS,
    "events": _EVENTS,
    "outbox": _OUTBOX,
    "corrections": _CORRECTIONS,
}
_INDEXES_7: Final = """
DROP INDEX stories_event;
CREATE INDEX stories_event ON stories (event_id, event_time, heard, outlet, voice);
"""
TABLES: Final = ";".join(
    [
        *_OLD.values(),
        *_NEW,
        *(_LATENCIES, _HEARD, _INDEXES_6, _COMMON_INDEXES),
        *(*_WHO_COPIED, _INDEXES_7, *_VIEWS, _RELAYS, NAMES),
    ]
)

_WITHOUT_CORRECTIONS: Final = """
CREATE TABLE corrections (
  number INTEGER PRIMARY KEY AUTOINCREMENT, correction_id TEXT NOT NULL UNIQUE,
  value BLOB NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, moved TEXT NOT NULL
) STRICT;
"""
# Stories of before have met no crowd and share no rare words.
_WITHOUT_SECOND_LOOK: Final = """
ALTER TABLE stories ADD COLUMN crowd REAL NOT NULL DEFAULT 0;
ALTER TABLE stories ADD COLUMN rare BLOB NOT NULL DEFAULT x'';
"""
_PAD: Final = """
UPDATE stories SET rare = CAST(rare || zeroblob(48 - length(rare)) AS BLOB)
WHERE length(rare) < 48
"""
_WITHOUT_CHECKSUMS: Final = ";".join(
    [
        _PAD,
        "ALTER TABLE events ADD COLUMN merged_into TEXT",
        "ALTER TABLE events ADD COLUMN confirmed TEXT",
        "ALTER TABLE corrections ADD COLUMN stories TEXT NOT NULL DEFAULT '{}'",
        *(rebuilt(name, table) for name, table in _OLD.items()),
        *_NEW,
        _INDEXES_5,
    ]
)
_INDEXES_OF_BEFORE: Final = ("stories_event", "stories_placed")
_WITHOUT_HEARD: Final = ";".join(
    [
        *(f"DROP INDEX {name}" for name in _INDEXES_OF_BEFORE),
        *(_HEARD, _HEARD_OF_BEFORE, _INDEXES_6),
    ]
)
_NAMED: Final = (
    "INSERT INTO names (rowid, words) SELECT seq, named_in(story) FROM stories"
)
UPGRADES: Final = {
    2: _WITHOUT_CORRECTIONS,
    3: _WITHOUT_SECOND_LOOK,
    4: _WITHOUT_CHECKSUMS,
    5: _WITHOUT_HEARD,
    6: ";".join([*_WHO_COPIED, _INDEXES_7, *_VIEWS]),
    7: f"{_RELAYS};{NAMES};{_NAMED}",
    8: "DELETE FROM unfiled; DELETE FROM files",  # made anew: `combine` weighs titles
}
