"""What `--json` prints, as types: `samestory schema` publishes them as JSON Schema.

A command prints one object a line, of one of its kinds. A later version may add fields;
those that are here stay, and mean the same.
"""

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from msgspec import Meta
from msgspec.json import schema_components

# Ours have 16 hex digits; a message of somebody else's may name a story otherwise.
StoryId = Annotated[str, Meta(pattern="^s-[!-~]{1,38}$")]
EventId = Annotated[str, Meta(pattern="^e-[!-~]{1,38}$")]
CorrectionId = Annotated[str, Meta(pattern="^c-[0-9a-f]{16}$")]
Time = Annotated[str, Meta(description="ISO 8601, UTC.")]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]
Language = Annotated[str | None, Meta(description="ISO 639-1; null if nobody knows.")]
Hearsay = Annotated[
    str | None,
    Meta(description="The site that it speaks of; null for an outlet's own report."),
]
Voice = Annotated[
    str | None,
    Meta(description="Whose it is: its outlet's, or that of what it copies."),
]


class Report(TypedDict):
    """A report of an event."""

    story_id: StoryId
    url: str | None
    outlet: str
    lang: Language
    hearsay_of: Hearsay
    voice: Voice
    is_copy: Annotated[bool, Meta(description="Most of its words are another's.")]
    title: str
    published: Time | None


class Confirmed(TypedDict):
    """That a second voice tells an event."""

    by: Annotated[StoryId, Meta(description="The report that brought it.")]
    at: Time


class Event(TypedDict):
    """An event with its reports, the earliest first."""

    event_id: EventId
    title: str
    first_report: StoryId
    started: Time
    updated: Time
    outlets: list[str]
    voices: Annotated[list[str], Meta(description="Who tells it independently.")]
    confirmed: Annotated[
        Confirmed | None, Meta(description="null: one voice, and its copies.")
    ]
    report_count: Count
    outlet_count: Count
    voice_count: Count
    copy_count: Count
    languages: list[str]
    reports: list[Report]


class Copy(TypedDict):
    """A report that copies another."""

    story_id: StoryId
    of: StoryId
    share: Annotated[Share, Meta(description="Of its own words.")]
    source: Annotated[str | None, Meta(description="Whose text it is.")]
    ground: Annotated[str | None, Meta(description="What says so.")]
    sources: Annotated[int, Meta(description="Of how many reports it is made.")]


class Addition(TypedDict):
    """What a report adds to those before it."""

    story_id: StoryId
    sentences: list[str]
    figures: list[str]
    names: list[str]
    quotations: list[str]


class Mark(TypedDict):
    """A star or a note of a person."""

    id: CorrectionId
    kind: Literal["star", "note"]
    story_id: StoryId
    text: str | None
    who: str
    at: Time


class NearMiss(TypedDict):
    """Another event that nearly was this one."""

    event_id: EventId
    title: str
    probability: Share
    veto: Annotated[str | None, Meta(description="What kept them apart all the same.")]


class WholeEvent(Event):
    """An event with who copied whom, what each report adds, and what people say."""

    copies: list[Copy]
    additions: list[Addition]
    marks: list[Mark]
    near_misses: list[NearMiss]


class Story(TypedDict):
    """A story in its latest version."""

    story_id: StoryId
    url: str | None
    outlet: str
    title: str
    published: Time | None
    first_seen: Time
    lang: Language
    date_quality: Annotated[str, Meta(description="How well its time is known.")]
    byline: str
    agencies: list[str]
    citing: list[str]
    correction: str
    changes: Annotated[list[str], Meta(description="Since its version of before.")]
    hearsay_of: Hearsay
    event_id: EventId
    voice: Voice
    is_copy: bool
    version: Annotated[str, Meta(description="Of what it says; another, if it does.")]
    feed_url: str | None
    text_from: Annotated[str, Meta(description="page, feed, title, or import.")]
    text: str
    flags: list[str]


class Near(TypedDict):
    """A story near to a question."""

    story_id: StoryId
    event_id: EventId
    probability: Annotated[Share, Meta(description="That both tell one event.")]
    similarity: Annotated[float, Meta(description="Cosine of the vectors.")]
    word_overlap: Annotated[float, Meta(description="TF-IDF cosine of the words.")]
    veto: str | None
    title: str
    outlet: str
    hearsay_of: Hearsay
    url: str | None
    published: Time | None


class Feature(TypedDict):
    """A feature of a pair of reports."""

    name: str
    value: float
    contribution: Annotated[float, Meta(description="To the logit.")]


class RunnerUp(TypedDict):
    """The second-best event."""

    event_id: EventId
    probability: Share


Link = TypedDict(
    "Link",
    {
        "from": StoryId,
        "to": StoryId,
        "features": list[Feature],
        "bias": float,
        "logit": Annotated[float, Meta(description="The bias and all contributions.")],
        "probability": Share,
        "event_probability": Share,
        "threshold": Share,
        "shared": list[str],
        "hours_apart": float,
        "runner_up": RunnerUp | None,
        "margin": float,
        "model": str,
    },
)
Link.__doc__ = "A pair of reports that was compared."


class Span(TypedDict):
    """A passage that two texts share; places are characters of each, in NFKC."""

    kind: Literal["copy", "quotation", "boilerplate"]
    words: Count
    a: Annotated[list[int], Meta(min_length=2, max_length=2)]
    b: Annotated[list[int], Meta(min_length=2, max_length=2)]
    text: str


class Comparison(TypedDict):
    """What two reports share."""

    a: StoryId
    b: StoryId
    kind: str
    contained_a: Annotated[Share, Meta(description="Of the own words of a.")]
    contained_b: Share
    own_sentences_a: Count
    own_sentences_b: Count
    source: Annotated[str, Meta(description="a, b, common:AGENCY or unknown.")]
    spans: list[Span]


class Explanation(TypedDict):
    """What joins reports, or keeps them apart."""

    stories: list[StoryId]
    event_id: Annotated[str | None, Meta(description="null: two events.")]
    reason: str
    chain: list[Link]
    shared: NotRequired[Annotated[Comparison, Meta(description="Of two stories.")]]


Revision = TypedDict(
    "Revision",
    {
        "offset": Count,
        "type": Literal["event"],
        "version": str,
        "event_id": EventId,
        "revision": Annotated[int, Meta(ge=1, description="The highest is true.")],
        "reason": str,
        "story": NotRequired[StoryId],
        "correction": NotRequired[str],
        "from": NotRequired[EventId],
        "into": NotRequired[EventId],
        "members": list[StoryId],
        "voices": list[str],
        "copies": Annotated[
            list[list[StoryId]], Meta(description="Pairs: of the copy, of its source.")
        ],
    },
)
Revision.__doc__ = "What an event is after a change: a message of topic `events`."


Moved = TypedDict("Moved", {"from": EventId, "to": EventId})
Moved.__doc__ = "From which event a story went to which."


class Correction(TypedDict):
    """What a person said, and what became of it."""

    id: CorrectionId
    kind: Literal["same", "different", "apart", "undo", "star", "note"]
    a: str | None
    b: str
    members: list[StoryId]
    status: Annotated[str, Meta(description="accepted, refused, undone, forgotten.")]
    reason: str
    moved: dict[str, Moved]
    who: str
    why: str
    at: Time


class JudgedPair(TypedDict):
    """A pair of reports with the label that a correction gives it."""

    a: Annotated[dict[str, Any], Meta(description="The report, as `import` takes it.")]
    b: dict[str, Any]
    label: Literal["same", "different"]
    who: str
    why: str
    at: Time


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


class Model(TypedDict):
    """An embedding model."""

    model: str
    set: bool
    about: str
    languages: list[str]
    converted: list[str]


class Engine(TypedDict):
    """What can run a model."""

    engine: str
    precision: Literal["exact", "int8"]
    installed: bool
    fast_here: bool
    chosen: bool


class CheckedEngine(TypedDict):
    """How true and fast an engine is here."""

    engine: str
    is_true: bool
    error: NotRequired[str]
    made_by: NotRequired[str]
    space: NotRequired[str]
    passages_per_core_second: NotRequired[float]
    cosine_mean: NotRequired[float]
    cosine_min: NotRequired[float]


class Grouping(TypedDict):
    """How well reports were grouped."""

    name: str
    b_cubed_precision: Share
    b_cubed_recall: Share
    b_cubed_f1: Share
    pairwise_precision: Share
    pairwise_recall: Share
    pairwise_f1: Share
    ari: float
    v_measure: Share
    events: Count
    gold_events: Count
    largest_share: Share
    singleton_rate: Share
    false_joins: Count


class Languages(TypedDict):
    """Pairs of reports in two languages."""

    name: Literal["languages"]
    languages: Annotated[list[str], Meta(min_length=2, max_length=2)]
    same: Count
    joined: Count
    wrong: Count


class Lookups(TypedDict):
    """How well near reports were found."""

    name: Literal["lookup"]
    precision_at_1: Share
    recall_at_5: Share
    stories: Count
    changed_after_arrival: Count


class Pairs(TypedDict):
    """How well pairs were told apart."""

    name: Literal["pairs"]
    same: Count
    same_joined: Count
    different: Count
    different_kept_apart: Count


class Copies(TypedDict):
    """How well copies were told, by a way or of a kind."""

    name: Literal["copy or not", "kind"]
    way: NotRequired[str]
    kind: NotRequired[str]
    precision: Share
    recall: Share
    f1: Share


class Kinds(TypedDict):
    """How well kinds of copies were told, each alike."""

    name: Literal["kinds"]
    macro_f1: Share


class Sources(TypedDict):
    """How well it was told whose text it is."""

    name: Literal["source"]
    right: Count
    claimed: Count
    asked: Count


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
    lag: dict[str, Lag]
    latency: Latency
    index: Index
    expiry: ExpiryStatus
    largest_event: Largest
    quarantine: Quarantined


RECORDS: Final[dict[str, tuple[Any, ...]]] = {
    "events": (Event,),
    "event": (WholeEvent,),
    "search": (Story,),
    "stories": (Story,),
    "near": (Near,),
    "why": (Explanation,),
    "compare": (Comparison,),
    "follow": (Revision,),
    "same": (Correction,),
    "different": (Correction,),
    "undo": (Correction,),
    "star": (Correction,),
    "note": (Correction,),
    "corrections list": (Correction,),
    "corrections export": (JudgedPair,),
    "import": (Imported,),
    "feeds add": (AddedFeeds,),
    "feeds import": (AddedFeeds,),
    "feeds remove": (RemovedFeeds,),
    "feeds list": (Feed,),
    "feeds check": (CheckedFeed,),
    "status": (Status,),
    "topics": (Topic,),
    "quarantine list": (Case,),
    "quarantine show": (WholeCase,),
    "quarantine retry": (Retried,),
    "quarantine drop": (Dropped,),
    "check": (Checked,),
    "backup": (Snapshot,),
    "restore": (Restored,),
    "forget": (Forgotten,),
    "expiry": (Expiry,),
    "replay": (Digest,),
    "digest": (Digest,),
    "diff": (Change,),
    "eval": (Grouping, Languages, Lookups, Pairs, Copies, Kinds, Sources),
    "models list": (Model, Engine),
    "models check": (CheckedEngine,),
}


def schema_of(command: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the lines that a command prints.

    Args:
        command: one of RECORDS.
    """
    kinds, components = schema_components(
        RECORDS[command], ref_template="#/$defs/{name}"
    )
    (first, *others) = kinds
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line that `samestory {command}` prints as JSON",
        **({"anyOf": [first, *others]} if others else first),
        "$defs": components,
    }
