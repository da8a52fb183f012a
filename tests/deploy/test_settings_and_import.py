"""Settings from four places, and import lines of every kind."""

import gzip
import json

import pytest

from samestory.deploy.config import Settings, load_settings
from samestory.deploy.importing import MAX_LINE, open_lines, read_lines, story_of_line
from samestory.errors import Misconfigured, Quarantine
from samestory.story import Story
from tests.conftest import NOW


def test_flag_beats_environment_beats_file_beats_default(tmp_path):
    """And values are converted where they come from."""
    file = tmp_path / "s.toml"
    file.write_text(
        'host_spacing = 5\npoll_interval = 60\nallow_network = ["10.0.0.0/8"]'
    )
    found = load_settings(
        file=str(file),
        overrides={"host_spacing": "1", "unrelated": 3},
        environment={"SAMESTORY_HOST_SPACING": "3", "SAMESTORY_POLL_INTERVAL": "30"},
    )
    assert (found.host_spacing, found.poll_interval) == (1.0, 30.0)
    assert found.allow_network == ("10.0.0.0/8",)
    assert found.model == Settings().model


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        ("spacing = 1", {}, "unknown setting 'spacing'; known: state"),
        ("host_spacing = 'soon'", {}, "host_spacing: 'soon': expected float, got str"),
        ("host_spacing = -1", {}, "-1: expected float >= 0"),
        ("= broken", {}, "Invalid"),
        (
            "",
            {"SAMESTORY_EMBED_BATCH": "x"},
            "SAMESTORY_EMBED_BATCH: 'x': expected int",
        ),
        ("index_batch = 0", {}, "index_batch: 0: expected int >= 1"),
    ],
)
def test_a_wrong_setting_is_named_with_where_it_was_set(
    tmp_path, text, environment, says
):
    """A person must act, and is told where."""
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured, match=says):
        load_settings(file=str(file), overrides={}, environment=environment)


def test_a_proxys_password_is_not_taken_from_the_command_line():
    """Everybody on the machine reads that; the error does not repeat it."""
    proxy = "http://me:hidden@proxy.example:3128"
    with pytest.raises(Misconfigured, match="set SAMESTORY_PROXY") as refused:
        load_settings(file=None, overrides={"proxy": proxy}, environment={})
    assert "hidden" not in str(refused.value)
    by_environment = {"SAMESTORY_PROXY": proxy}
    found = load_settings(file=None, overrides={}, environment=by_environment)
    assert found.proxy == proxy
    flag = {"proxy": "http://proxy.example:3128"}
    found = load_settings(file=None, overrides=flag, environment=by_environment)
    assert found.proxy == flag["proxy"]


def line(**row) -> bytes:
    return json.dumps(row).encode()


def test_a_full_line_becomes_a_story():
    """Every field is taken, the language if it is missing is identified."""
    story = story_of_line(
        line(
            text="Die Minister haben sich am Montag in Wien zu Gesprächen getroffen.",
            title="Treffen",
            url="https://www.a.org/1?utm_source=x",
            published="2026-03-04T10:00:00+01:00",
        ),
        NOW,
    )
    assert (story.outlet, story.lang, story.text_from) == ("a.org", "de", "import")
    assert story.published is not None
    assert story.published.isoformat() == "2026-03-04T09:00:00+00:00"
    same = story_of_line(line(text="x", url="https://a.org/1"), NOW)
    assert same.story_id == story.story_id


def test_without_url_the_outlet_and_id_identify_and_without_id_the_content():
    """The id is always ours."""
    one = story_of_line(line(text="a", id=7, outlet="O"), NOW)
    two = story_of_line(line(text="b", id="7", outlet="O"), NOW)
    other = story_of_line(line(text="a", id=7, outlet="P"), NOW)
    assert one.story_id == two.story_id != other.story_id
    assert (
        story_of_line(line(text="a"), NOW).story_id
        == story_of_line(line(text="a"), NOW).story_id
    )


@pytest.mark.parametrize("text", ["", " ", None])
def test_a_headline_alone_is_a_story_where_its_text_is_said_to_be_empty(text):
    """As feeds bring it; a line that has its text elsewhere is refused."""
    story = story_of_line(line(text=text, title="Velund expels six"), NOW)
    assert (story.title, story.text, story.flags) == (
        "Velund expels six",
        "",
        ("no-text",),
    )


@pytest.mark.parametrize(
    ("row", "published"),
    [
        ({"url": "https://a.org/?u=http://b.org:x/"}, None),
        ({"id": "\ud800", "outlet": "\ud800", "url": "https://a.org/\ud800"}, None),
        ({"published": "1985-03-01"}, "1985-03-01T00:00:00+00:00"),
        ({"published": "1914-06-28T10:00:00Z"}, "1914-06-28T10:00:00+00:00"),
    ],
)
def test_odd_lines_of_any_age_are_stories(row, published):
    """A URL within a URL, half a surrogate pair, an archive of a century ago."""
    story = story_of_line(line(text="a", **row), NOW)
    assert (story.published and story.published.isoformat()) == published
    assert Story.decode(story.encode()) == story


def test_what_is_long_beyond_sense_is_cut():
    """Of a date 100 characters are kept, of an outlet's name 120, of a title 500."""
    date = "2026-03-01T10:00:00Z"
    long = {"title": "T" * 9_000, "outlet": "O" * 9_000}
    story = story_of_line(line(text="a", published=f"{date}{' ' * 9_000}", **long), NOW)
    assert (story.published_raw, len(story.title), len(story.outlet)) == (
        date,
        500,
        120,
    )
    with pytest.raises(Quarantine, match="`published` can't be read"):
        story_of_line(line(text="a", published="1 " * 9_000), NOW)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"not json", "not JSON"),
        (b"[1, 2]", "not a JSON object but list"),
        (b"{}", "lacks `text`"),
        (line(text=3), "lacks `text`"),
        (line(text="  "), "`title` and `text` are empty"),
        (line(text=None, title=" "), "`title` and `text` are empty"),
        (
            line(title="a", body="b"),
            'lacks `text` \\("" if it has none\\); it has title, body',
        ),
        (line(text="a", title=5), "`title` is not a string"),
        (line(text="a", published="someday"), "`published` can't be read: 'someday'"),
        (line(text="a", url="ftp://x"), "not an http"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "not JSON"),
    ],
)
def test_a_line_that_is_no_story_says_why(raw, says):
    """Never an exception but Quarantine."""
    with pytest.raises(Quarantine, match=says):
        story_of_line(raw, NOW)


def test_lines_are_read_from_plain_and_gzipped_files(tmp_path):
    """Empty lines are passed over, numbers count them; a broken gzip ends named."""
    (tmp_path / "a.jsonl").write_bytes(b"one\n\ntwo")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"one\n\ntwo"))
    for name in ("a.jsonl", "b.gz"):
        with open_lines(str(tmp_path / name)) as file:
            assert list(read_lines(file, name)) == [(1, b"one\n"), (3, b"two")]
    whole = gzip.compress(b"".join(b"%d\n" % i for i in range(10_000)))
    (tmp_path / "c.gz").write_bytes(whole[: len(whole) // 2])
    with open_lines(str(tmp_path / "c.gz")) as file:
        found = list(read_lines(file, "c.gz"))
    assert found[0] == (1, b"0\n")
    assert "c.gz breaks off" in str(found[-1][1])
    with pytest.raises(Misconfigured, match="No such file"), open_lines("/none") as _:
        pass


def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    """It is refused in its place, and the next one is read."""
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"x" * (2 * MAX_LINE + 5) + b"\n{}\n")
    with open_lines(str(path)) as file:
        found = list(read_lines(file, "long"))
    assert "longer than" in str(found[0][1])
    assert found[1] == (2, b"{}\n")


def test_a_password_in_a_storys_address_is_left_out():
    """Neither kept nor shown, and the story is the one of the address without it."""
    told = line(text="Envoys met.", url="https://me:hidden@a.example/1")
    story = story_of_line(told, NOW)
    plain = story_of_line(line(text="Envoys met.", url="https://a.example/1"), NOW)
    assert (story.url, story.story_id) == (plain.url, plain.story_id)


def test_a_storys_host_that_looks_like_another_is_flagged():
    """By a letter of another script in it."""
    told = line(text="Envoys met.", url="https://r\u0435uters.example/1")
    assert story_of_line(told, NOW).flags == ("host-mixed-scripts",)
