"""`samestory import` and wrong use of the command line."""

import json
from datetime import UTC, datetime

import pytest

from samestory.deploy.importing import story_of_line
from samestory.story import content_digest, story_id_from
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]

ROWS = [
    {
        "url": "https://a.org/1",
        "title": "Velund expels six Kesmark diplomats over spying",
        "text": "Velund on Friday expelled six diplomats of Kesmark.",
        "published": "2026-03-20T09:00:00Z",
    },
    {
        "url": "https://b.org/2",
        "title": "Six Kesmark diplomats expelled from Velund for spying",
        "text": "Six Kesmark diplomats were expelled by Velund on Friday.",
        "published": "2026-03-20T10:00:00Z",
    },
    {
        "url": "https://c.org/3",
        "title": "Wheat slides on plan for naval escorts",
        "text": "Futures fell as traders priced in the convoys.",
        "published": "2020-01-02",
    },
]


def test_import_groups_names_what_it_refuses_and_knows_what_it_has(tmp_path):
    """New, known and refused are counted; the good lines go on past the bad ones."""
    file = tmp_path / "in.jsonl"
    lines = [json.dumps(row) for row in ROWS]
    lines[1:1] = ["not json", '{"title": "no text"}']
    lines.append(json.dumps(ROWS[0] | {"published": "whenever"}))
    lines.append(json.dumps(ROWS[0]))
    file.write_text("\n".join(lines))
    run = Run(tmp_path / "state")
    out, said = run.process("import", str(file), expect=4)
    assert out == "3 new, 1 known, 3 refused\n"
    for number, why in ((2, "not JSON"), (3, "lacks `text`"), (6, "can't be read")):
        assert f"{file}:{number}: refused: " in said
        assert why in said
    stories = run.rows("stories")
    assert [s["url"] for s in stories] == [
        "https://c.org/3",
        "https://a.org/1",
        "https://b.org/2",
    ]
    assert stories[1]["event_id"] == stories[2]["event_id"] != stories[0]["event_id"]
    assert stories[0]["text_from"] == "import"
    again = run.rows("import", str(file), expect=4)
    assert again == [{"new": 0, "changed": 0, "known": 4, "refused": 3}]
    (status,) = run.rows("status")
    assert status["quarantine"]["by_stage"] == {"import": 3}
    assert status["problems"] == ["3 set aside: samestory quarantine list"]
    assert run("status")[0].startswith("to look at: 1\n- 3 set aside: ")
    assert status["quarantine"]["latest"][0]["where"] == f"{file}:2"


def test_names_and_domains_of_a_newsroom_are_one_outlet_and_credits_are_read(tmp_path):
    """As feeds do: four ways to write CNN are one outlet; an agency is no second voice."""
    names = ("cnn.com", "edition.cnn.com", "CNN", "www.cnn.com")
    text = (
        "WASHINGTON (Reuters) - Envoys left the customs house in Port Callan at noon."
    )
    rows = [
        {
            "url": f"https://x.example/{n}",
            "title": "Envoys leave",
            "text": text,
            "outlet": name,
        }
        for n, name in enumerate(names)
    ]
    run = Run(tmp_path)
    run.process("import", "-", stdin="\n".join(json.dumps(row) for row in rows))
    stories = run.rows("stories")
    assert {story["outlet"] for story in stories} == {"CNN"}
    assert {tuple(story["agencies"]) for story in stories} == {("Reuters",)}
    (event,) = run.rows("events")
    assert event["outlets"] == ["CNN"]
    assert run.rows("events", "--min-outlets", "2", expect=1) == []


def test_no_wait_publishes_and_the_next_import_groups_it(tmp_path):
    """Nothing is lost in between; a corrected text is a new version of its story."""
    run = Run(tmp_path)
    out, _ = run("import", "-", "--no-wait", stdin=json.dumps(ROWS[0]))
    assert out == "1 new, 0 known, 0 refused\n"
    (status,) = run.rows("status")
    assert status["lag"]["embed"]["behind"] == 1
    assert status["index"]["stories"] == 0
    changed = [ROWS[0], ROWS[0] | {"text": "Corrected: it was seven."}]
    out, _ = run("import", "-", stdin="\n".join(json.dumps(r) for r in changed))
    assert out == "0 new, 1 changed, 1 known, 0 refused\n"
    (story,) = run.rows("stories")
    assert story["text"] == "Corrected: it was seven."
    assert story["changes"][-1] == "1 paragraph gone"
    assert (
        "changed: new paragraph: Corrected: it was seven."
        in run("event", story["story_id"])[0]
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run"], "no feeds in"),
        (["run", "--feed", "ftp://x"], "not a feed URL: 'ftp://x'"),
        (["run", "--feeds", "/none.opml"], "No such file"),
        (["near", "x"], "no stories yet"),
        (["events"], "no stories yet"),
        (["status"], "no state in"),
        (["import", "/none.jsonl"], "No such file"),
        (["events", "--config", "/none.toml"], "--config"),
        (["feeds", "check"], "no feeds in"),
        (["feeds", "import", "http://127.0.0.1:9/x"], "closed"),
    ],
)
def test_wrong_use_exits_2_with_one_line_that_says_what_to_do(
    tmp_path, arguments, says
):
    """No traceback, ever."""
    _, said = Run(tmp_path / "s")(*arguments, expect=2)
    assert says in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"headline": "a", "body": "b"}, "lacks `text`; it has headline, body"),
        ({"text": "a", "published": "2999-01-01"}, "`published` is in the future"),
        ({"text": "a", "published": "soon"}, 'write it as "2026-11-30T08:00:00Z"'),
    ],
)
def test_a_refused_line_says_what_is_wrong_with_it(tmp_path, line, why):
    """And what was expected instead."""
    _, said = Run(tmp_path)("import", "-", stdin=json.dumps(line), expect=4)
    assert why in said


def test_a_json_array_is_told_how_to_become_lines(tmp_path):
    """In one sentence, and nothing is set aside."""
    run, file = Run(tmp_path), tmp_path / "array.json"
    file.write_text(json.dumps(ROWS, indent=1))
    _, said = run("import", str(file), expect=2)
    assert f"jq -c '.[]' {file}" in said
    assert run.rows("quarantine", "list", expect=1) == []


def test_what_a_line_calls_source_and_en_us_is_outlet_and_en(tmp_path):
    """A language that is none is told from the text."""
    run = Run(tmp_path)
    line = {"text": "Envoys met on Monday in the customs house of Port Callan."}
    rows = [
        line | {"source": "Kesmark Post", "lang": "en-US"},
        line | {"source": "X", "lang": "klingon", "outlet": "Harbour Post", "id": "2"},
    ]
    run("import", "-", stdin="\n".join(map(json.dumps, rows)))
    told = {(one["outlet"], one["lang"]) for one in run.rows("stories")}
    assert told == {("Kesmark Post", "en"), ("Harbour Post", "en")}


def test_an_old_file_again_does_not_undo_what_was_imported_since(tmp_path):
    """What a story said before is known, whenever it is read again."""
    run = Run(tmp_path)
    lines = [
        json.dumps({"url": "https://x.example/1", "text": text})
        for text in ("Envoys met on Monday.", "Envoys met on Tuesday, it now says.")
    ]
    for line, expected in ((lines[0], "1 new, 0"), (lines[1], "0 new, 1 ch")):
        assert expected in run("import", "-", stdin=line)[0]
    for line in lines:
        assert "0 new, 1 known" in run("import", "-", stdin=line)[0]
    (story,) = run.rows("stories")
    assert story["text"] == "Envoys met on Tuesday, it now says."
    said = " ".join(run("why", story["story_id"])[0].split())
    assert "1 former version in e-" in said


def test_one_text_of_two_outlets_is_two_stories(tmp_path):
    """Nor is one id of two: an outlet numbers its own."""
    run = Run(tmp_path)
    line = {"title": "Velund expels six", "text": "Velund expels six diplomats."}
    rows = [
        line | {"outlet": "Kesmark Post"},
        line | {"source": "Harbour Post"},
        line | {"source": "Tarsk Post", "id": 1},
        {"text": "Oil falls by two dollars.", "source": "Olmet Post", "id": 1},
    ]
    lines = "\n".join(map(json.dumps, rows))
    assert "4 new, 0 known" in run("import", "-", stdin=lines)[0]
    assert "0 new, 4 known" in run("import", "-", stdin=lines)[0]
    assert {one["outlet"] for one in run.rows("stories")} == {
        "Kesmark Post",
        "Harbour Post",
        "Tarsk Post",
        "Olmet Post",
    }


def test_a_line_keeps_the_id_that_it_was_given_before():
    """Ids were once those of a text alone; another outlet's line is no version of it."""
    line = {"text": "Velund expels six diplomats.", "outlet": "Kesmark Post"}
    raw, other = (
        json.dumps(line | more).encode() for more in ({}, {"outlet": "Tarsk Post"})
    )
    now = datetime(2026, 11, 1, tzinfo=UTC)
    former = story_id_from(f"said {content_digest('', line['text'])} ")
    given = {former: "Kesmark Post"}

    def is_known(story_id: str, outlet: str) -> bool:
        return given.get(story_id) == outlet

    assert story_of_line(raw, now, is_known).story_id == former
    assert story_of_line(raw, now).story_id != former
    assert story_of_line(other, now, is_known).story_id != former


def test_a_number_that_was_forgotten_is_not_forgotten_of_every_outlet(tmp_path):
    """Without an outlet it is nobody's; with one it is that outlet's."""
    run = Run(tmp_path)
    line = {"id": 1, "text": "Velund expels six diplomats."}
    run("import", "-", stdin=json.dumps(line))
    (story,) = run.rows("stories")
    run("forget", story["story_id"], "--yes")
    assert "it was forgotten" in run("import", "-", stdin=json.dumps(line), expect=4)[1]
    other = json.dumps(line | {"outlet": "Kesmark Post"})
    assert "1 new, 0 known" in run("import", "-", stdin=other)[0]
