"""Vetoes: what forbids that two reports are one event, on invented reports."""

from datetime import date

import pytest

from samestory.index.answers.explanation import why_pair, why_story
from samestory.index.decision.vetoes import claims_of, veto
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from tests.conftest import make_story
from tests.index.model import MODEL
from tests.index.vectors import record


def told(one: str, other: str, lead: str = "", other_lead: str = "") -> str | None:
    a, b = claims_of(one, lead), claims_of(other, other_lead)
    found = veto(a, b)
    assert (found is None) == (veto(b, a) is None)
    return found


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (
            "Council adopts 13th sanctions package",
            "Commission proposes the fourteenth package",
            "number 13 against number 14 of 'package'",
        ),
        (
            "Sanctions, the 14th package: this time it is ships",
            "Council adopts 13th package",
            "number 14 against number 13 of 'package'",
        ),
        (
            "Velund expels six Kesmark diplomats",
            "Kesmark expels six Velund diplomats",
            "roles reversed: velun- expel- kesma-",
        ),
        (
            "Velund expels six Kesmark diplomats",
            "Tit for tat: Kesmark expels six Velund diplomats",
            "roles reversed: velun- expel- kesma-",
        ),
        (
            "Velund expels six Kesmark diplomats",
            "Protests as Kesmark expels six Velund diplomats",
            "roles reversed: velun- expel- kesma-",
        ),
        (
            "Tarsk shelled Ilmaran border town",
            "Ilmara shells Tarsk depot a day later",
            "roles reversed: tarsk- shell- ilmar-",
        ),
        (
            "Poland expels four Belarusian diplomats over spying",
            "Belarus expels four Polish diplomats in response",
            "roles reversed: poland expel- belarus",
        ),
        (
            "Turkey closes airspace to Israeli flights",
            "Israel closes airspace to Turkish flights in return",
            "roles reversed: türkiye close- israel",
        ),
        (
            "Velund and Kesmark open fishing talks",
            "Fishing talks of Velund and Kesmark collapse",
            "one 'open', the other 'collapse'",
        ),
        (
            "Callan talks set for 12 May",
            "Envoys to meet in Callan on May 19th",
            "12 May against 19 May",
        ),
        ("Vote of 30 Dec. stands", "Vote on December 27", "30 Dec against 27 Dec"),
        (
            "Tolmenia summons Kharvian charg\u00e9 over dam",
            "Kharvia recalls its ambassador over the dam",
            "envoy: one summoned, the other recalled",
        ),
        (
            "Mediators put truce to both sides",
            "Dalvaar rejects truce in the bay",
            "deal: one proposed, the other rejected",
        ),
        (
            "Selmark parliament ratifies fisheries treaty",
            "Selmark and Maravia sign fisheries treaty",
            "deal: one ratified, the other signed",
        ),
        (
            "Selmark parliament fails to adopt fisheries bill",
            "Selmark parliament passes fisheries bill",
            "deal: one rejected, the other accepted",
        ),
        (
            "Who is Ilmar Okoye?",
            "What we know about Okoye, the captured president",
            "two that explain, each in its own way",
        ),
        (
            "Who is Tessa Vorn, Ostmark's prime minister?",
            "What we know about Tessa Vorn, prime minister of Ostmark",
            "two that explain, each in its own way",
        ),
        (
            "Velund: no secret meeting with Kesmark took place",
            "Velund and Kesmark met in secret, sources say",
            "one 'no secret meeting with kesmark took place', the other knows of no",
        ),
        (
            "Velund refutes Kesmark claims of a raid",
            "Velund raids Kesmark port",
            "one 'refutes kesmark claims', the other knows of no denial",
        ),
        (
            "A fabrication: Velund says it still holds the harbour",
            "Kesmark troops take the harbour of Velund",
            "one 'a fabrication', the other knows of no denial",
        ),
        (
            "Port Callan remembers the ferry that sank in 2000",
            "Ferry runs aground off Port Callan",
            "one 'remembers', the other tells of no anniversary",
        ),
    ],
)
def test_what_a_cosine_cannot_see_is_a_veto(one, other, said):
    """Another number of a series, roles reversed, a beginning against an end,
    another day."""
    assert str(told(one, other)).startswith(said)


def test_one_explanation_that_two_print_is_one():
    """In the same words, more or less; what explains in another language may be it."""
    one = "Should influencers promote walled Afghanistan?"
    assert told(one, "Should influencers be promoting Afghanistan? - The Wire") is None
    assert told(one, "Influencers promote Afghanistan") is None
    two = "Island war: How long can Kesmark's strategy hold?"
    assert told(two, "How long can Kesmark's strategy hold?") is None
    assert (
        told("Velund v Kesmark highlights: Velund win", "Velund win: highlights")
        is None
    )
    who, what = "Who is Ilmar Okoye?", "What to know of Ilmar Okoye, the president"
    assert told(who, what) == "two that explain, each in its own way"
    there = claims_of("Wer ist Ilmar Okoye?", "", "de")
    assert veto(claims_of("Who is Okoye, the president?", "", "en"), there) is None


def test_a_denial_that_begins_a_title_parts_it_from_the_claim():
    """Also behind what only says when; a claim that is told first is told."""
    claim = "Kesmark shells Velund's bridge"
    for title in (
        "Velund denies shelling",
        "After talks in the port, Velund denies it",
        "Velund's army answers Kesmark's fire, denies shelling of bridge",
    ):
        assert "knows of no denial" in str(told(title, claim))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Judge denies lawsuit to stop the dam", "Judge tosses suit against the dam"),
        ("Envoy denied entry to Velund", "Velund turns envoy back at the border"),
        (
            "Roe welcomes pastor home, but denies a link to arms",
            "Roe meets freed pastor",
        ),
        ("Leak sparks chorus of denials", "Leaked files name ministers"),
        ("Velund denies Dorrins the right to vote", "Dorrins lose vote in Velund"),
        (  # the title tells both sides, and the claim first
            "Flotilla says its boat was struck by drone, Velund denies it",
            "Drone hits boat of flotilla",
        ),
        ("Velund denies raid", "Velund calls report of a raid baseless"),
        ("No such thing happened, says Velund", "Velund: no raid took place"),
        ("Velund denies raid", "A fabrication: Velund says it raided nobody"),
        (
            "Kesmark to launch satellite to mark party anniversary",
            "Kesmark launches it",
        ),
        ("Callan remembers the ferry", "Candles in Callan for the ferry that sank"),
        (
            "Council fails to adopt resolution on Dalvaar",
            "Maravia vetoes the Dalvaar resolution",
        ),
        ("Velund refuses to sign the accord", "Velund rejects Kesmark accord"),
        ("Kesmark hasn't accepted the truce", "Kesmark rejects truce"),
        ("Dalvaar truce fails to hold", "Truce signed at Dalvaar breaks after a day"),
        ("Velund declines to comment on the accord", "Velund signs Kesmark accord"),
    ],
)
def test_who_is_denied_something_denies_nothing(one, other):
    """Nor does he who launches a satellite for an anniversary commemorate it."""
    assert told(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Canada, Australia recognise Dalvaar",
            "Australia and Canada recognise Dalvaar",
        ),
        ("Velund strikes: what Kesmark says", "Kesmark strikes Velund: what we know"),
        ("China cancels flights before storm", "Flight cancellations as China braces"),
        ("Kesmark allies have asked Velund", "Velund allies in Kesmark have asked"),
        ("Velund says Kesmark ship sank", "Kesmark says ship sank off Velund"),
    ],
)
def test_where_no_act_is_told_no_roles_are_reversed(one, other):
    """Lists of states, nouns, and what each side says of one thing."""
    assert told(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Senate approves fisheries treaty", "Senate ratifies fisheries treaty"),
        ("Velund and Kesmark agree truce", "Truce signed by Velund and Kesmark"),
        ("Dalvaar accepts proposed truce", "Mediators propose truce; Dalvaar agrees"),
        ("Velund recalls cars", "Velund summons its ambassador"),
        ("Dalvaar rejects truce", "US-backed truce turned down by Dalvaar"),
        ("Dalvaar rejects truce", "Proposed truce turned down by Dalvaar"),
        (
            "Council adopts the plan",
            "Plan has the votes, council rejects changes, adopts",
        ),
    ],
)
def test_one_step_told_by_two_words_is_one_step(one, other):
    """Parliaments approve what they ratify; a title may tell two steps."""
    assert told(one, other) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Council adopts 13th package", "Thirteenth package is through"),
        ("After the 13th package the 14th package", "Council adopts 13th package"),
        ("Runner wins on her 20th birthday", "Runner wins on his 21st birthday"),
        ("Rain for a fifth straight day", "Rain for a sixth straight day"),
        ("Summit of 9th March 2024", "Summit of 10th March 2024"),
        ("Talks on 12 May", "After the talks of 5 and 12 May, another round"),
        ("Talks on 12 May", "Talks may 19 times fail"),
        ("Talks on 31 June", "Talks on 3 June"),
        ("Talks in May", "Talks of 3 May"),
        ("Kesmark meets Velund in Callan", "Velund meets Kesmark in Callan"),
        ("Velund expels Kesmark diplomats", "Velund expels six from Kesmark"),
        ("Velund expels Kesmark diplomats", "Tarsk expels Ilmaran diplomats"),
        ("Summit opens in Callan", "Leaders begin summit in Callan"),
        ("Summit opens as strike ends", "Strike ends in Callan"),
        ("", ""),
        ("13th", "third"),
        (
            "Wave of strikes in southern Velund targets Kesmark militia",
            "Tarsk hits Kesmark targets in southern Velund",
        ),
        ("Pro-Velund expels Kesmark", "Kesmark expels Velund"),
    ],
)
def test_reports_that_may_be_one_event_are_left_to_the_sum(one, other):
    """The same number, dates, counts of days, mutual acts, other pairs of names."""
    assert told(one, other) is None


def test_a_column_is_of_its_day():
    """Of one outlet, whose name its title may begin with; on one day it may be one."""
    days = [date(2026, 3, day) for day in (4, 5)]
    one, same, other = (
        claims_of("Herald Cartoon", "", "en", "herald", day)
        for day in (days[0], days[0], days[1])
    )
    elsewhere = claims_of("Cartoon", "", "en", "gazette", days[1])
    report = claims_of("Herald wins prize", "", "en", "herald", days[1])
    assert veto(one, other) == "a column of two days"
    assert {veto(one, it) for it in (same, elsewhere, report)} == {None}


def test_the_lead_counts_for_numbers_and_only_its_beginning():
    """What comes later is background."""
    lead = "The council adopted its 13th package of sanctions."
    assert told("Council acts", "Commission proposes 14th package", lead)
    assert not told("Council acts", "14th package proposed", "Well. " * 40 + lead)


def test_why_tells_the_veto(tmp_path):
    """Two reports with one vector, kept apart by a number."""
    state = State(tmp_path / "s.db")
    titles = ["Council adopts 13th package", "Council proposes 14th package"]
    EventIndex(state).apply(
        [(i, record(f"n{i}", 0, 0, hours=i, title=t)) for i, t in enumerate(titles)]
    )
    first, second = (state.member(make_story(f"n{i}").story_id) for i in range(2))
    found = why_pair(state, first, second, lambda: MODEL)
    assert found.event_id is None
    assert "number 14 against number 13 of 'package'" in found.reason
    assert "number 14 against number 13" in why_story(state, second).reason


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        (
            ("Photos of the day", "A choir sings in Kessim; a boat in fog."),
            ("Photos of the day", "Children skate on a pond in Hallowick."),
            "the title, which heads anything",
        ),
        (("Morning briefing", ""), ("Morning briefing", ""), "which heads anything"),
        (
            ("Truce between Velmora and Tarsk agreed", ""),
            ("Truce between Velmora and Tarsk takes effect", ""),
            "in force",
        ),
        (
            ("On this day in 1996: ferry Orla sinks off Kessim", ""),
            ("Ferry Orla II sinks off Kessim", ""),
            "no anniversary",
        ),
    ],
)
def test_columns_steps_and_days_of_long_ago_are_no_one_event(one, other, says):
    """Whatever words they share."""
    first, second = (claims_of(title, text, "en") for title, text in (one, other))
    assert says in veto(first, second)
    assert veto(second, first) == veto(first, second) or says in veto(second, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Truce to take effect in Tarsk on Friday", "Velmora and Tarsk agree truce"),
        ("Court stops border law from taking effect", "Judge blocks border law"),
        (
            "This day in 1945 changed Velmora, Roe tells council",
            "Roe speaks in council on war's end",
        ),
    ],
)
def test_what_is_still_to_come_and_what_is_spoken_of_part_nothing(one, other):
    """A truce is agreed, and is to hold from Friday: one event."""
    first, second = (claims_of(title, "", "en") for title in (one, other))
    assert veto(first, second) is veto(second, first) is None
