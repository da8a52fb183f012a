"""What looking after a state prints as JSON: see `records`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from samestory.deploy.cli.record_fields import Count, StoryId, Time


class Feed(TypedDict):
    """A feed with its last outcome."""

    url: str
    title: str
    group: str
    lang: str
    status: str
    failures: Count
    entries: Count
    polled: Time | None
    answered: Time | None
    due: Time | None
    interval_s: float
    polls: Count
    unchanged: Count
    stories: Count


class AddedFeeds(TypedDict):
    """What became of feeds that were named."""

    added: Count
    known: Count
    feeds: list[str]
    left_out: list[str]


class RemovedFeeds(TypedDict):
    """How many feeds are polled no more; those named that were none."""

    removed: Count
    missing: list[str]


class CheckedFeed(TypedDict):
    """What a feed answered."""

    url: str
    title: str
    ok: bool
    entries: Count
    newest: Time | None
    status: str


class Case(TypedDict):
    """What was set aside."""

    id: str
    status: str
    stage: str
    where: str
    reason: str
    attempt: Count
    at: Time


class WholeCase(Case):
    """What was set aside, with what it holds."""

    value: str
    whole: Annotated[bool, Meta(description="false: cut off.")]


class Retried(TypedDict):
    """How many cases are tried again."""

    retried: Count


class Dropped(TypedDict):
    """How many cases were given up."""

    dropped: Count


class Topic(TypedDict):
    """A topic of the log."""

    topic: str
    partitions: Count
    records: Count
    fingerprint: str


class Imported(TypedDict):
    """What became of the lines of a file."""

    new: Count
    changed: Annotated[Count, Meta(description="New versions of what was known.")]
    known: Count
    refused: Count


class Digest(TypedDict):
    """A name of all stories and their events."""

    digest: str
    position: Annotated[int, Meta(description="Of the journal: of the next record.")]
    stories: Count
    events: Count


class Change(TypedDict):
    """How events of two states differ."""

    change: Literal["merged", "split", "moved", "missing", "new"]
    first: list[str]
    second: list[str]
    stories: list[str]


class Damage(TypedDict):
    """A damaged file."""

    file: str
    damage: str


class Unjudged(TypedDict):
    """A file that could not be judged."""

    file: str
    why: str


class Checked(TypedDict):
    """Which files are whole."""

    checked: list[str]
    damaged: list[Damage]
    unjudged: list[Unjudged]


class Snapshot(TypedDict):
    """A snapshot of the state."""

    file: str
    position: int
    stories: Count
    events: Count


class Restored(Snapshot):
    """A snapshot that was put back."""

    former: Annotated[str | None, Meta(description="Where the former state is.")]


class Left(TypedDict):
    """A file that still holds what was forgotten."""

    file: str
    remove: Annotated[str, Meta(description="The command that removes it.")]


class Forgotten(TypedDict):
    """What was forgotten."""

    stories: list[StoryId]
    removed: Count
    records: Annotated[int, Meta(description="Of the log, overwritten.")]
    left: NotRequired[list[Left]]


Held = TypedDict(
    "Held", {"since": Time, "from": str, "to": str, "stories": Count, "outlets": Count}
)
Held.__doc__ = "A jump of the calendar that waits for a person."


class Expiry(TypedDict):
    """The day that expiry goes by."""

    day: str | None
    held: Held | None


class Space(TypedDict):
    """The vectors' space."""

    id: str | None
    made_by: str | None


class Polls(TypedDict):
    """The feeds in numbers."""

    total: Count
    failing: Count
    never_polled: Count
    last_good_poll: Annotated[float | None, Meta(description="Seconds since 1970.")]


class Pages(TypedDict):
    """The feeds' entries in numbers."""

    due: Count
    published: Count
    refused: Count


class PartitionLag(TypedDict):
    """How far a worker is on a partition."""

    partition: int
    behind: Count
    oldest_s: float | None


class Lag(TypedDict):
    """How far a worker is on its topic."""

    topic: str
    behind: Count
    oldest_s: Annotated[float | None, Meta(description="That the oldest waits.")]
    partitions: list[PartitionLag]


class Latency(TypedDict):
    """How long the last stories took, in seconds, by quantile."""

    stories: Count
    stages: dict[str, dict[str, float]]


class Index(TypedDict):
    """What the index holds."""

    stories: Count
    events: Count
    newest_story: Time | None


class ExpiryStatus(Expiry):
    """The day that expiry goes by, and how long stories are kept."""

    keep_days: float
    warning: str | None


class Largest(TypedDict):
    """The largest event of the last week."""

    event_id: str | None
    reports: Count
    stories: Count
    suspicious: Annotated[bool, Meta(description="It may have swallowed others.")]


class QuarantinedCase(TypedDict):
    """What was set aside lately."""

    id: str
    stage: str
    reason: str
    where: str


class Quarantined(TypedDict):
    """What is set aside."""

    total: Count
    by_stage: dict[str, int]
    latest: list[QuarantinedCase]


class Status(TypedDict):
    """Where things stand; `problems` say what to do."""

    well: bool
    problems: list[str]
    state: str
    workers: Annotated[
        dict[str, int | None], Meta(description="Their processes; null: not running.")
    ]
    memory: Annotated[dict[str, int], Meta(description="Bytes, with their children.")]
    space: Space
    feeds: Polls
    pages: Pages
    journal: Annotated[Count, Meta(description="Records that the journal ever had.")]
    lag: dict[str, Lag]
    latency: Latency
    index: Index
    expiry: ExpiryStatus
    largest_event: Largest
    quarantine: Quarantined
