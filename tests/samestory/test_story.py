"""The Story message survives the wire, and refuses what can't be a story."""

import json
from datetime import MAXYEAR, UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestory.cleaning import MAX_TEXT, clean_line, clean_text
from samestory.errors import Quarantine
from samestory.story import Story
from tests.conftest import NOW, make_story


@given(
    st.text(max_size=300),
    st.text(max_size=80),
    # The first and the last year are refused, see `check_moment`.
    st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1 < at.year < MAXYEAR),
)
def test_a_story_comes_back_from_its_bytes_as_it_was(text, title, published):
    """decode(encode(story)) == story, for any text that cleaning lets through."""
    story = make_story(
        text=clean_text(text) or "x", title=clean_line(title), published=published
    )
    assert Story.decode(story.encode()) == story


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "not a JSON object but list"),
        (b'{"type":"event","version":"1.0"}', "type 'event', expected story"),
        (b'{"type":"story","version":"2.0"}', "version '2.0' not known"),
        (b'{"type":"story","version":"1.0"}', "story_id is not a string"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_message_that_is_no_story_is_quarantined_with_the_reason(value, says):
    """Hostile bytes never raise anything but Quarantine."""
    with pytest.raises(Quarantine, match=says.replace("[", r"\[")):
        Story.decode(value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"story_id": "x"}, "does not begin with s-"),
        ({"title": "", "text": ""}, "neither title nor text"),
        ({"text": "x" * (MAX_TEXT + 1)}, "too long"),
        ({"text_from": "rumour"}, "text_from"),
        ({"published": datetime(2026, 1, 1)}, "published has no time zone"),  # noqa: DTZ001
    ],
)
def test_what_can_never_be_a_story_is_refused_where_it_is_built(changes, says):
    """An invalid story cannot exist."""
    with pytest.raises(Quarantine, match=says):
        make_story(**changes)


def test_a_minor_version_and_unknown_fields_are_accepted():
    """Only a new major version is a stranger."""
    value = json.loads(make_story().encode()) | {"version": "1.7", "new": 1}
    assert Story.from_json(value) == make_story()


def test_event_time_is_never_later_than_first_seen_and_a_quarter_of_an_hour():
    """A publisher's clock that runs ahead can't move a story into the future."""
    ahead = make_story(published=NOW + timedelta(hours=5))
    assert ahead.event_time == NOW + timedelta(minutes=15)
    assert make_story(published=None).event_time == NOW
    past = NOW - timedelta(days=40)
    assert make_story(published=past).event_time == past


def test_the_digest_names_the_content_alone():
    """The same title and text is the same version, whenever it is seen."""
    later = make_story(observed=NOW + timedelta(days=1))
    assert later.digest == make_story().digest
    assert make_story(text="Other.").digest != make_story().digest


def test_cleaning_removes_what_terminals_and_encoders_choke_on():
    """Control characters become spaces, lone surrogates go."""
    assert clean_text("a\x00b\x1b[31mc\ud800d\n e") == "a b [31mcd\n e"
    assert clean_text("a\x9b2Jb\x7fc\u00a0d") == "a 2Jb c\u00a0d"
    assert clean_line("  a\n\tb  ", 3) == "a b"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("co\u00adoperation", "cooperation"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("\u202eevil\u202c \u2067x\u2069", "evil x"),
        # A joiner shapes words of Persian, and a family of three.
        (
            "\u0645\u06cc\u200c\u0631\u0648\u062f",
            "\u0645\u06cc\u200c\u0631\u0648\u062f",
        ),
        ("\U0001f468\u200d\U0001f467", "\U0001f468\u200d\U0001f467"),
    ],
)
def test_what_nobody_sees_is_gone_and_marks_are_composed(written, kept):
    """So two spellings of one word are one word; cleaning twice changes nothing."""
    assert clean_text(written) == kept
    assert clean_text(kept) == kept
