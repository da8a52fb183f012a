"""Which day it is, told by the stories that are read: by it stories expire.

A replay must decide the same, so no clock of this moment counts; and no clock that the
stories carry is believed alone, since what expires is gone. A story carries two: ours,
which first saw it, and its publisher's, if it states a date. So the day moves on

- by three days at most to what three outlets tell, each by its newest story;
- beyond that only when every story that comes was seen there, for three stories for
  each day that would be passed over (all that are looked at, if it is many), and no
  further than the dates that half of their outlets state, three at least;
- or when a person lets it pass.

Until then such stories tell nothing, and the others go on telling the day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median_low
from typing import Any, Final, Self

from samestory.days import DAY_S, date_of, day_of, moment_of
from samestory.publishers import outlet_key
from samestory.story import Story

LATEST: Final = 101  # stories that are looked at: 51 of them may be of a wrong clock
OUTLETS: Final = 3  # that must tell it; all there are, where LATEST are of fewer
REACH: Final = 3  # days: two without news between, as in a newsroom's weekend
STORIES_A_DAY: Final = 3  # 4 days off cost 12: what a quiet newsroom tells in two days


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What a story tells about the day.

    Attributes:
        outlet: its publisher.
        seen: when we first saw it, in seconds since 1970.
        stated: when it was published, at most `seen`, which it is if no date is stated.
        dated: whether its publisher states a date.
    """

    outlet: str
    seen: float
    stated: float
    dated: bool

    @classmethod
    def of(cls, story: Story) -> Self:
        """Return what a story tells."""
        seen = story.first_seen.timestamp()
        return cls(
            outlet=outlet_key(story.outlet),
            seen=seen,
            stated=min(seen, story.event_time.timestamp()),
            dated=story.published is not None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A jump of the day that nobody has let pass.

    Attributes:
        since: when the last story before it was seen, in seconds since 1970.
        day: that stands, in days since 1970.
        to: the day that would follow.
        stories: how many of the latest were seen beyond the reach of the day.
        outlets: of how many publishers.
    """

    since: float
    day: int
    to: int
    stories: int
    outlets: int

    @property
    def warning(self) -> str:
        """What a person should know, and may do."""
        return (
            f"since {moment_of(self.since)} {self.stories} of the latest stories, of"
            f" {self.outlets} outlets, were first seen around {date_of(self.to)}, but"
            f" the day is {date_of(self.day)}: expiry waits; if a machine's clock is"
            " wrong, mend it; if the day has come: `samestory expiry --let-pass`"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The day, and the stories that tell it.

    Attributes:
        day: in days since 1970; 0 before the first story.
        latest: what the LATEST stories tell, in order of arrival.
        since: see `Held`; None if nothing is held.
        passed: the id of the last request to let a jump pass.
    """

    day: int = 0
    latest: tuple[Witness, ...] = ()
    since: float | None = None
    passed: str = ""

    @property
    def held(self) -> Held | None:
        """The jump that is held; None without one."""
        if self.since is None:
            return None
        _, ahead = _parted(self.latest, self.day)
        return Held(
            since=self.since,
            day=self.day,
            to=_middle(one.seen for one in ahead),
            stories=len(ahead),
            outlets=len({one.outlet for one in ahead}),
        )

    def read(self, one: Witness) -> "Calendar":
        """Return the calendar after one more story."""
        latest = (*self.latest, one)[-LATEST:]
        day = _day_after(self.day or day_of(one.seen), latest)
        since = _since(self.since, latest, day)
        return replace(self, day=day, latest=latest, since=since)

    def let_pass(self, to: int, request: str) -> "Calendar":
        """Return the calendar after a person let a jump pass.

        Args:
            to: the day up to which it may pass, in days since 1970.
            request: its id.
        """
        day = max(self.day, min(to, self.held.to) if self.held else 0)
        since = _since(self.since, self.latest, day)
        return replace(self, day=day, since=since, passed=request)

    def for_people(self) -> dict[str, Any]:
        """Return the day and what is held, as plain JSON values for people."""
        held = self.held
        return {
            "day": date_of(self.day) if self.day else None,
            "held": held
            and {
                "since": moment_of(held.since),
                "from": date_of(held.day),
                "to": date_of(held.to),
                "stories": held.stories,
                "outlets": held.outlets,
            },
        }

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        latest = [[one.outlet, one.seen, one.stated, one.dated] for one in self.latest]
        return {
            "day": self.day,
            "latest": latest,
            "since": self.since,
            "passed": self.passed,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Build from what `to_json` made."""
        names = ("outlet", "seen", "stated", "dated")
        latest = [
            Witness(**dict(zip(names, one, strict=True))) for one in fields["latest"]
        ]
        return cls(**{**fields, "latest": tuple(latest)})


def _day_after(day: int, latest: Sequence[Witness]) -> int:
    """Return the day that follows when the last of the latest stories has come."""
    near, ahead = _parted(latest, day)
    needed = OUTLETS
    if len(latest) == LATEST:
        needed = min(OUTLETS, len({one.outlet for one in latest}))
        newest = day_of(max(one.seen for one in latest))
        if newest < day - REACH:  # it was wrong; nothing expires by going back
            return newest
    agreed = _agreed(latest, ahead, day, needed) if ahead else day
    return max(day, _day_by(near, needed), agreed)


def _day_by(near: Sequence[Witness], needed: int) -> int:
    """Return the day that so many outlets tell as are needed; 0 if fewer do."""
    newest = sorted(_newest(near), reverse=True)[:needed]
    return day_of(newest[-1]) if len(newest) == needed else 0


def _agreed(
    latest: Sequence[Witness], ahead: Sequence[Witness], day: int, needed: int
) -> int:
    """Return the day that is stated when all that comes lies beyond reach; 0 if not."""
    jump = _middle(one.seen for one in ahead) - day
    wanted = min(LATEST, STORIES_A_DAY * jump)
    last = latest[-wanted:]
    if len(last) < wanted or _parted(last, day)[0]:
        return 0
    stated = _newest(one for one in last if one.dated)
    return _middle(stated) if len(stated) >= needed else 0


def _since(since: float | None, latest: Sequence[Witness], day: int) -> float | None:
    """Return since when a jump is held; None if none is."""
    near, ahead = _parted(latest, day)
    if not ahead:
        return None
    before = max((one.seen for one in near), default=day * DAY_S)
    return before if since is None else since


def _parted(latest: Iterable[Witness], day: int) -> tuple[list[Witness], list[Witness]]:
    """Return the stories that were seen within reach of a day, and those beyond."""
    limit = (day + REACH + 1) * DAY_S
    near, ahead = list[Witness](), list[Witness]()
    for one in latest:
        (near if one.seen < limit else ahead).append(one)
    return near, ahead


def _middle(moments: Iterable[float]) -> int:
    return day_of(median_low(moments))


def _newest(witnesses: Iterable[Witness]) -> list[float]:
    """Return the newest time that each outlet tells."""
    newest: dict[str, float] = {}
    for one in witnesses:
        newest[one.outlet] = max(one.stated, newest.get(one.outlet, one.stated))
    return list(newest.values())
