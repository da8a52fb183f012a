"""The day by which stories expire: no clock moves it alone, a person may."""

import json
import random
from datetime import timedelta

import pytest

from samestory.days import DAY_S, date_of
from samestory.errors import Quarantine
from samestory.index.decision.expiry import LATEST, REACH, Calendar, Held, Witness
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.journal import decode_journal
from samestory.index.messages.let_pass import LetPass
from samestory.index.store.state import State
from tests.conftest import NOW
from tests.index.retained import KEEP_S, KEPT_DAYS, Harness, id_of, seen

BEGIN = 20_000  # days since 1970
YEARS = 5 * 365
PRESS = [f"paper {n}" for n in range(12)]


def news(
    day: float,
    outlets: list[str] | None = None,
    *,
    stories: int = LATEST,
    ahead: float = 0.0,
    dated: bool = True,
    stated: float | None = None,
) -> list[Witness]:
    """Return the stories of a day, of one outlet after the other.

    Args:
        day: after BEGIN.
        outlets: None for PRESS.
        stories: how many, one a minute.
        ahead: days by which the clock of our machine is wrong.
        dated: whether publishers state when they published: an hour before.
        stated: the day that they state all the same, if not this one.
    """
    names = outlets or PRESS
    found = []
    for number in range(stories):
        at = (BEGIN + day) * DAY_S + 60.0 * number
        first_seen = at + ahead * DAY_S
        said = at - 3600.0 if stated is None else (BEGIN + stated) * DAY_S
        told = min(first_seen, said) if dated else first_seen
        name = names[number % len(names)]
        found.append(Witness(outlet=name, seen=first_seen, stated=told, dated=dated))
    return found


def after(*parts: list[Witness], begin: Calendar | None = None) -> Calendar:
    """Return the calendar after these stories."""
    calendar = begin or Calendar()
    for part in parts:
        for one in part:
            calendar = calendar.read(one)
    return calendar


def days_of(calendar: Calendar) -> int:
    return calendar.day - BEGIN


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_of_two_machines_one_that_is_years_ahead_moves_nothing(share, dated):
    """Whatever it reads, in any mix, the day is that of the other; and it is told."""
    rng = random.Random(7)
    calendar = after(news(0.5))
    for day in range(1, 40):
        right = news(day + 0.5, PRESS[:6], stories=50, dated=dated)
        wrong = news(day + 0.5, PRESS[6:], stories=50, ahead=YEARS, dated=dated)
        both = [
            (wrong if rng.random() < share else right)[number] for number in range(50)
        ]
        calendar = after([*both, right[-1]], begin=calendar)
        assert day - 1 - REACH <= days_of(calendar) <= day
        assert calendar.held is not None
        assert calendar.held.to >= BEGIN + YEARS


def test_51_of_the_last_101_stories_that_are_years_ahead_move_nothing():
    """Nor if they come in a row, and their publishers' clocks are wrong as well."""
    wrong = news(1.5, PRESS, stories=51, ahead=YEARS, stated=YEARS)
    calendar = after(news(0.5), news(1.5), wrong)
    assert days_of(calendar) == 1
    assert calendar.held == Held(
        since=news(1.5)[-1].seen,
        day=BEGIN + 1,
        to=BEGIN + 1 + YEARS,
        stories=51,
        outlets=len(PRESS),
    )
    assert days_of(after(news(2.5), begin=calendar)) == 2


def test_the_only_machine_may_be_years_ahead_for_an_hour():
    """The day is at most what publishers state; afterwards it goes on."""
    wrong = after(news(0.5), news(1.5, stories=3 * LATEST, ahead=YEARS))
    assert (days_of(wrong), wrong.held is not None) == (1, True)
    right = after(news(2.5), begin=wrong)
    assert (days_of(right), right.held) == (2, None)


def test_a_machine_that_was_off_for_a_month_goes_on_by_itself():
    """All that comes was seen now, and publishers agree: three stories for each day."""
    before = after(news(0.5))
    held = after(news(30.5, stories=89), begin=before)
    assert (days_of(held), held.held is not None) == (0, True)
    passed = after(news(30.5, stories=90), begin=before)
    assert (days_of(passed), passed.held) == (30, None)


def test_one_story_of_the_former_time_is_no_agreement():
    """Two machines, one of which was off, or is wrong: which, nobody can tell."""
    month = news(30.5, stories=89)
    calendar = after(news(0.5), month[:60], news(0.6)[:1], month[60:])
    assert (days_of(calendar), calendar.held is not None) == (0, True)
    assert days_of(after(news(30.6, stories=61), begin=calendar)) == 30


@pytest.mark.parametrize("outlets", [1, 2, 5, 100])
@pytest.mark.parametrize("weekend", [0, 2])
def test_five_stories_a_day_expire_on_time(outlets, weekend):
    """Whether of one outlet or of a hundred; nor does a weekend hold the day up."""
    rng, calendar, late = random.Random(1), Calendar(), []
    for day in range(200):
        if day % 7 < weekend:
            continue
        names = [PRESS[0] + str(rng.randrange(outlets)) for _ in range(5)]
        calendar = after(news(day + 0.5, names, stories=5), begin=calendar)
        late.append(day - days_of(calendar))
    assert max(late[50:]) <= 7
    assert sum(late[50:]) / len(late[50:]) <= 2


@pytest.mark.parametrize("stated", [-4000, 0])
def test_an_archive_moves_nothing(stated):
    """Its stories are of other years, but were seen today; the press goes on."""
    archive = news(1.5, ["archive a", "archive b", "archive c"], stated=stated)
    calendar = after(news(0.5), archive)
    assert days_of(calendar) in (0, 1)
    assert days_of(after(news(2.5), begin=calendar)) == 2


def test_an_archive_comes_first():
    """The day begins when its stories were seen."""
    archive = news(0.5, ["archive"], stories=3 * LATEST, stated=-4000)
    assert days_of(after(archive)) == 0
    assert days_of(after(archive, news(1.5))) == 1


def test_stories_without_dates_tell_the_day_but_let_no_jump_pass():
    """There our own clock is the only one: a person decides."""
    calendar = after(*(news(day + 0.5, dated=False) for day in range(5)))
    assert days_of(calendar) == 4
    calendar = after(*[news(34.5, dated=False)] * 5, begin=calendar)
    assert (days_of(calendar), calendar.held is not None) == (4, True)
    assert days_of(calendar.let_pass(BEGIN + 34, "p-1")) == 34


def test_outlets_that_date_everything_in_the_future_move_nothing():
    """One or a dozen: no story is later than when it was seen."""
    for liars in (1, 12):
        names = [f"liar {n}" for n in range(liars)]
        calendar = after(news(0.5), news(0.6, names, stated=YEARS))
        assert (days_of(calendar), calendar.held) == (0, None)


def test_outlets_of_one_hand_need_a_wrong_clock_of_ours_and_silence_of_all_others():
    """Three that date years ahead, on a machine that is: most others must agree."""
    liars = news(1.5, ["x", "y", "z"], ahead=YEARS, stated=YEARS)
    press = news(1.5, ahead=YEARS)
    mixed = [one for pair in zip(liars, press, strict=True) for one in pair]
    assert days_of(after(news(0.5), mixed, mixed)) == 1
    right = news(1.5)
    mixed = [
        one for four in zip(liars, liars, liars, right, strict=True) for one in four
    ]
    assert days_of(after(news(0.5), mixed)) == 1


def test_a_day_that_was_wrong_from_the_start_is_set_back():
    """When no story of the latest was seen near it; nothing expires by that."""
    wrong = after(news(0.5, stories=20, ahead=YEARS))
    assert days_of(wrong) == YEARS
    assert days_of(after(news(1.5, stories=LATEST - 1), begin=wrong)) == YEARS
    assert days_of(after(news(1.5), begin=wrong)) == 1


def test_a_person_lets_pass_what_was_seen_and_no_more():
    """A jump that grew since is held again; where none is held, nothing moves."""
    held = after(news(0.5), news(30.5, stories=20, dated=False))
    assert days_of(held.let_pass(BEGIN + 12, "p-1")) == 12
    assert held.let_pass(BEGIN + 12, "p-1").passed == "p-1"
    assert days_of(held.let_pass(BEGIN + 99, "p-1")) == 30
    calm = after(news(0.5))
    assert calm.let_pass(BEGIN + 99, "p-1") == Calendar(
        day=calm.day, latest=calm.latest, passed="p-1"
    )


def test_a_calendar_is_what_it_was_after_a_restart():
    """Everything that the next day depends on is kept."""
    calendar = after(news(0.5), news(30.5, stories=20))
    assert Calendar.from_json(json.loads(json.dumps(calendar.to_json()))) == calendar


def test_51_stories_of_a_wrong_clock_expire_nothing_now_or_on_replay(tmp_path):
    """Neither what was read before, nor what comes after."""
    harness = Harness(tmp_path / "state.db")
    papers = [{"outlet": name} for name in PRESS]
    state = harness.read(
        *(seen(f"a{n}", n, n, day=0, **papers[n % 12]) for n in range(50)),
        *(seen(f"f{n}", 90, n, day=YEARS, **papers[n % 12]) for n in range(51)),
        *(seen(f"b{n}", 60 + n, n, day=1, **papers[n % 12]) for n in range(10)),
    )
    assert len(state.assignments()) == 50 + 51 + 10
    held = state.meta.calendar().held
    assert held is not None
    assert "`samestory expiry --let-pass`" in held.warning
    whole = EventIndex(State(tmp_path / "whole.db"), keep_s=KEEP_S)
    whole.apply(list(enumerate(harness.journal)))
    assert whole.state.digest() == state.digest()


def test_what_a_person_lets_pass_expires_what_is_too_old(tmp_path):
    """By a record of the journal, so that a replay does the same at the same place."""
    harness = Harness(tmp_path / "state.db")
    later = KEPT_DAYS + 5
    state = harness.read(
        seen("a", 1, 1, day=0),
        *(seen(f"b{n}", 2, n, day=later, published=None) for n in range(5)),
    )
    assert state.known(id_of("a")) is not None
    held = state.meta.calendar().held
    assert held is not None
    assert date_of(held.to) == (NOW + timedelta(days=later)).date().isoformat()
    state = harness.read(let_pass("p-1", held.to))
    assert state.known(id_of("a")) is None
    assert (state.meta.calendar().held, state.meta.calendar().passed) == (None, "p-1")
    whole = EventIndex(State(tmp_path / "whole.db"), keep_s=KEEP_S)
    whole.apply(list(enumerate(harness.journal)))
    assert whole.state.digest() == state.digest()


def test_a_new_story_of_a_clock_that_is_behind_is_not_too_old(tmp_path):
    """Its age counts from the day on which it is read."""
    harness = Harness(tmp_path / "state.db")
    state = harness.read(
        *(seen(f"a{n}", n, n, day=0, outlet=PRESS[n]) for n in range(3)),
        seen("behind", 9, 9, day=-YEARS),
        *(seen(f"b{n}", 20 + n, n, day=2, outlet=PRESS[n]) for n in range(3)),
    )
    assert state.meta.calendar().day * DAY_S > NOW.timestamp()
    assert state.known(id_of("behind")) is not None


def test_a_state_of_before_goes_on_from_its_day(tmp_path):
    """It knew the day up to which stories had gone."""
    state = State(tmp_path / "state.db")
    with state.transaction():
        state.meta._set_meta("seen", "[1.0, 2.0]")
        state.meta._set_meta("expired_day", str(BEGIN))
    assert state.meta.calendar() == Calendar(day=BEGIN)
    state.close()


def let_pass(pass_id: str, day: int) -> bytes:
    return LetPass(pass_id=pass_id, to=day, who="Ada", at=NOW).encode()


def test_a_request_is_what_was_written():
    """The day as a date that people can read."""
    assert decode_journal(let_pass("p-1", BEGIN)) == LetPass(
        pass_id="p-1", to=BEGIN, who="Ada", at=NOW
    )
    assert json.loads(let_pass("p-1", BEGIN))["to"] == "2024-10-04"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"id": None},
        {"to": BEGIN},
        {"to": "soon"},
        {"to": "2024-13-01"},
        {"at": "2026-01-01"},
        {"who": None},
    ],
    ids=str,
)
def test_a_torn_request_is_refused(change):
    """It goes to the quarantine, the day stays."""
    with pytest.raises(Quarantine):
        decode_journal(json.dumps(json.loads(let_pass("p-1", 1)) | change).encode())
