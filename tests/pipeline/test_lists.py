"""Lists of events and stories: screens, names of their rows, and ways out of them."""

import csv
import io
import json
import sqlite3
from contextlib import closing

import pytest
from rich.cells import cell_len

from samestory.deploy.cli.answer_records import Story
from samestory.deploy.cli.output import is_for_programs, print_rows
from tests.product import Run
from tests.terminal import on_a_terminal

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _own_listing(tmp_path, monkeypatch):
    """Let each test print its own last list."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_screen_shows_the_last_day_by_voices(news):
    """Of the newest report, two voices or more, two lines each; and how to see all."""
    code, lines = on_a_terminal(news.state, "events")
    assert code == 0
    assert lines[0].endswith("UTC: events with 2 independent voices or more")
    assert lines[0].startswith("21 Apr 18:00 to 22 Apr 18:00")
    (title,) = [line for line in lines if line.lstrip().startswith("@")]
    (event,) = news.rows("event", "@1")
    assert title == f"@1 {event['title']}"
    assert event["voice_count"] >= 2
    counts = f"{event['report_count']} reports, {event['voice_count']} voices"
    assert lines[3].strip().startswith(f"{counts} \u2588")
    assert lines[-1] == f"all {len(news.rows('events'))}: samestory events --all"


@pytest.mark.parametrize("columns", ["60", "80", "120", "200"])
def test_a_screen_fits_its_terminal(news, columns):
    """No line is longer, and no event takes more than two."""
    code, lines = on_a_terminal(news.state, "events", "--all", columns=columns)
    assert code == 0
    assert max(map(cell_len, lines)) <= int(columns)
    assert len(lines) == 2 * len(news.rows("events"))


def test_stories_on_a_terminal_are_fifteen_of_two_lines(news):
    """With the event of each, and how to see all."""
    code, lines = on_a_terminal(news.state, "search", "Tarsk")
    assert (code, len(lines)) == (0, 2 * 15 + 1)
    assert lines[-1] == "the first 15; all of them: --all"
    every = news.rows("search", "Tarsk")
    assert f"{every[0]['story_id'][:10]} in {every[0]['event_id'][:10]}" in lines[1]
    _, lines = on_a_terminal(news.state, "search", "Tarsk", "--all")
    assert len(lines) == 2 * len(every)


def test_what_is_nearest_fits_a_terminal_and_its_rows_have_names(news):
    """Words need no quotes; the events of the nearest stories, @1 the nearest."""
    question = ("Halvorsen", "warns", "alliance", "of", "Quon")
    code, lines = on_a_terminal(news.state, "near", *question, "-k", "2")
    assert code == 0
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("@1 ")
    assert "the same event; " in lines[1]
    found = news.rows("near", " ".join(question), "-k", "20")
    events = list(dict.fromkeys(one["event_id"] for one in found))[:2]
    rows = [news.rows("event", f"@{n}")[0] for n in (1, 2)]
    assert [one["event_id"] for one in rows] == events
    for one, shown in zip(rows, lines[::2], strict=True):
        assert shown[3:40].strip() in one["title"]
    assert f"{len(rows[0]['reports'])} reports" in lines[1]


def test_a_veto_is_told_beside_the_event_that_it_keeps_apart(news):
    """The opposite act is another event, and says why."""
    _, lines = on_a_terminal(news.state, "near", "Velund expels six Kesmark diplomats")
    assert "six" in lines[0]
    told = [line for line in lines if "roles reversed: " in line]
    assert told, lines
    assert all("another event: " in line or "of another: " in line for line in told)


def test_a_report_is_opened_in_the_browser(news, tmp_path, monkeypatch):
    """That of the user's choice; without one the link is printed alone."""
    seen, browser = tmp_path / "seen", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    event = news.rows("events")[0]
    first = event["reports"][0]
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    out, _ = news.process("open", event["event_id"])
    assert out.strip() == first["url"] == seen.read_text().strip()
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    out, said = news("open", first["story_id"])
    assert (out.strip(), said) == (
        first["url"],
        "no browser here: open the link yourself\n",
    )


def test_a_story_without_a_date_does_not_say_which_day_is_the_last(tmp_path):
    """Its time is when it came."""
    state, day = Run(tmp_path), "2024-04-03T0{}:00:00+00:00"
    stories = [("Velund expels the envoys of Kesmark", day.format(n)) for n in (1, 2)]
    rows = [
        {"title": title, "text": f"{title} {n}.", "published": at, "outlet": f"{n}.org"}
        for n, (title, at) in enumerate(stories)
    ]
    rows.append({"title": "Undated", "text": "Nobody knows when.", "outlet": "9.org"})
    state("import", "-", stdin="".join(json.dumps(row) + "\n" for row in rows))
    _, lines = on_a_terminal(state.state, "events")
    assert lines[0].startswith("02 Apr 2024 to 03 Apr 2024")


def test_a_day_of_which_two_voices_told_nothing_says_so_and_names_no_row(tmp_path):
    """What was not printed is not @1."""
    state = Run(tmp_path)
    line = {"title": "Velund expels envoys", "text": "Velund expels envoys."}
    state("import", "-", stdin=json.dumps(line) + "\n")
    code, lines = on_a_terminal(state.state, "events")
    assert (code, lines[-3:]) == (0, ["none", "", "all 1: samestory events --all"])
    assert "no list of this state was printed" in state("event", "@1", expect=2)[1]


def test_a_terminal_without_bars_shows_none(news):
    """ASCII: nothing is lost but the bars."""
    plain = {"PYTHONIOENCODING": "ascii:replace", "PYTHONUTF8": "0"}
    _, lines = on_a_terminal(news.state, "events", "--limit", "1", **plain)
    (event,) = news.rows("event", "@1")
    counts = f"{event['report_count']} reports, {event['voice_count']} voices"
    assert f"{counts}  first Continental Wire" in lines[1]


def test_what_is_not_found_says_what_there_is(news):
    """With a command that finds something."""
    _, said = news("events", "--since", "yesterday", expect=1)
    assert said == (
        "nothing found: no event matches; the newest report is of 22 April 2026:"
        " try --since 2026-04-21\n"
    )
    assert news("search", "zyxel", expect=1)[1] == "nothing found: no story matches\n"
    _, said = news("stories", "--outlet", "Continental Wires", expect=1)
    assert "no outlet is 'Continental Wires': there are Continental Wire" in said
    _, said = news("stories", "--outlet", "zzz", expect=1)
    assert said.endswith(", Le Quotidien de Merrow, Market Ledger and 9 more\n")
    _, said = news("events", "--lang", "english", expect=1)
    assert said.endswith("no lang is 'english': there are ar, en, fr, ru, zh\n")


def test_a_chinese_report_adds_its_sentences(tmp_path):
    """Those that end as they do there, and no blank in them."""
    run = Run(tmp_path)
    texts = {
        "en": "India and China reopen the pass for trade.",
        "zh": "两国同意恢复边境山口的贸易往来。首批货车将于下周一早晨通过！",
    }
    lines = (json.dumps({"text": text, "lang": lang}) for lang, text in texts.items())
    run("import", "-", stdin="\n".join(lines))
    english, chinese = (
        run.rows("stories", "--lang", lang)[0]["story_id"] for lang in texts
    )
    run("same", english, chinese)
    told, _ = run("event", chinese)
    assert "first in zh\n" in told
    (event,) = run.rows("event", chinese)
    assert {a["story_id"]: a["first_in_language"] for a in event["additions"]} == {
        english: True,
        chinese: True,
    }
    run(
        "import",
        "-",
        stdin=json.dumps(
            {"text": f"双方外长晚间再次会谈。{texts['zh']}", "lang": "zh"}
        ),
    )
    assert "adds 1 sentence\n" in run("event", chinese)[0]


def test_words_are_searched_in_events_and_stories(news):
    """All of them, in title or text, large or small."""
    stories = news.rows("search", "GRAIN", "corridor")
    assert stories
    assert all("grain" in f"{s['title']} {s['text']}".lower() for s in stories)
    times = [one["published"] for one in stories]
    assert times == sorted(times, reverse=True)
    events = news.rows("events", "--grep", "grain corridor")
    assert {one["event_id"] for one in events} == {one["event_id"] for one in stories}
    assert news.rows("stories", "--grep", "grain corridor") == stories[::-1]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("war", False),  # Warsaw, towards
        ("war*", True),
        ("WARSAW berrio", True),
        ("Berrío", True),
        ("traite", True),
        ("和平", True),
        ("הסכם", True),  # "the agreement" is one word
        ("agreement", False),
    ],
)
def test_words_are_whole_without_case_and_accents(tmp_path, words, is_found):
    """Where a script joins or does not part words, they are found within others."""
    run = Run(tmp_path)
    text = "Berrio left Warsaw with a traité towards 中东和平协议, ההסכם."
    run("import", "-", stdin=json.dumps({"text": text}))
    found = run("search", *words.split(), "--json", expect=0 if is_found else 1)[0]
    assert bool(found) == is_found


def test_headlines_are_told_in_the_language_that_is_wanted(tmp_path, monkeypatch):
    """Where a report has one in it; else as ever."""
    run = Run(tmp_path)
    lines = [
        {"title": "Lac de Merrow : deux morts", "text": "Deux morts.", "lang": "fr"},
        {"title": "Two dead on Lake Merrow", "text": "Two people died.", "lang": "en"},
    ]
    run("import", "-", stdin="\n".join(map(json.dumps, lines)))
    run("same", *(one["story_id"] for one in run.rows("stories")))
    asked = {}
    for wanted in ("en", "fr", "de,fr"):
        monkeypatch.setenv("SAMESTORY_HEADLINES", wanted)
        asked[wanted] = run.rows("events")[0]["title"]
    french, english = (one["title"] for one in lines)
    assert asked == {"en": english, "fr": french, "de,fr": french}


def test_a_story_and_an_event_are_called_in_many_ways(news):
    """By an id, its beginning, without what it begins with, a URL, a title, a row."""
    event = news.rows("events")[0]
    report = event["reports"][0]
    whole = event["event_id"]
    names = (whole, whole[:9], report["story_id"], report["url"], report["title"])
    for name in (*names, report["title"].upper(), report["story_id"][2:], whole[2:7]):
        assert news.rows("event", name)[0]["event_id"] == whole, name
    news("events")
    assert news.rows("event", "@1")[0]["event_id"] == whole
    news("stories", "--event", "@1")
    assert news.rows("compare", "@1", "@2")[0]["a"] == report["story_id"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("@0", "'@0' is no row: rows are @1, @2 and so on"),
        ("@x", "'@x' is no row"),
        ("@1", "no list of this state was printed yet: `samestory events`"),
    ],
)
def test_a_row_that_is_none_is_refused(news, given, says):
    """Nothing was printed, or nothing of this state."""
    assert says in news("event", given, expect=2)[1]


def test_a_row_of_another_state_or_beyond_the_last_is_refused(news, tmp_path):
    """The number alone would name another thing."""
    news("events", "--limit", "2")
    assert "@3: the last list has 2 rows" in news("event", "@3", expect=2)[1]
    other = Run(tmp_path / "other")
    lines = '{"title": "Velund expels envoys", "text": "Velund expels envoys."}\n'
    other("import", "-", stdin=lines)
    assert "no list of this state" in other("event", "@1", expect=2)[1]


def test_a_list_comes_as_a_table_for_spreadsheets(news):
    """The fields that are asked for; the same as in JSON."""
    fields = ("--fields", "event_id,title,voices")
    out, _ = news("events", "--csv", *fields)
    head, *rows = csv.reader(io.StringIO(out))
    assert head == ["event_id", "title", "voices"]
    assert rows == [
        [one["event_id"], one["title"], "; ".join(one["voices"])]
        for one in news.rows("events")
    ]
    assert news("events", "--tsv", *fields)[0].splitlines()[0] == "\t".join(head)
    assert set(news.rows("events", *fields)[0]) == set(head)
    _, said = news("events", "--csv", "--fields", "colour", expect=2)
    assert "--fields colour: fields are event_id, title, first_report" in said
    head = next(csv.reader(io.StringIO(news("events", "--csv")[0])))
    assert head[:5] == ["event_id", "title", "started", "updated", "report_count"]
    assert "text" not in news("stories", "--csv")[0].splitlines()[0].split(",")
    _, said = news("events", "--fields", "title", expect=2)
    assert "say in which form: --json, --csv or --tsv" in said


@pytest.mark.parametrize(
    ("listing", "head"),
    [
        ("events --since 1h", "event_id,title,started"),
        ("stories --since 1h", "story_id,event_id,published"),
        ("corrections list", "id,kind,a"),
        ("quarantine list", "id,status,stage"),
    ],
)
def test_an_empty_table_has_its_head(news, listing, head):
    """And a field that there is none of is refused as in any other."""
    out, _ = news(*listing.split(), "--csv", expect=1)
    (line,) = out.splitlines()
    assert line.startswith(head)
    asked = (*listing.split(), "--csv", "--fields", "colour")
    assert "--fields colour: fields are" in news(*asked, expect=2)[1]
    _, said = news(*listing.split(), "--csv", "--json", expect=2)
    assert "choose one of them" in said


def test_a_cell_is_no_formula_and_no_line_of_its_own(capsys):
    """What a hostile headline would do in a spreadsheet."""

    class Asked:
        json, csv, tsv, fields = False, True, False, None

    assert is_for_programs(Asked)
    row = {"title": "=cmd|' /C calc'!A0", "text": "a\nb\x1b[2J", "n": 3}
    print_rows([row], Asked, Story, list(row))
    _, row = csv.reader(io.StringIO(capsys.readouterr().out))
    assert row == ["'=cmd|' /C calc'!A0", "a b [2J", "3"]


def test_the_views_say_what_the_lists_say(news):
    """By plain SQLite, which knows nothing of ours."""
    with closing(sqlite3.connect(news.state / "index" / "state.db")) as db:
        events = db.execute(
            "SELECT event_id, reports, outlets, voices, substr(updated, 1, 19)"
            " FROM v_events ORDER BY event_id"
        ).fetchall()
        reports = db.execute(
            "SELECT story_id, event_id, title, voice, copy_of IS NOT NULL FROM v_reports"
        ).fetchall()
        corrections = db.execute("SELECT count(*) FROM v_corrections").fetchone()
    listed = news.rows("events")
    assert events == sorted(
        (
            one["event_id"],
            len(one["reports"]),
            len(one["outlets"]),
            len(one["voices"]),
            one["updated"][:19],
        )
        for one in listed
    )
    assert sorted(reports) == sorted(
        (r["story_id"], e["event_id"], r["title"], r["voice"], int(r["is_copy"]))
        for e in listed
        for r in e["reports"]
    )
    assert corrections == (len(news.rows("corrections", "list", expect=1)),)
