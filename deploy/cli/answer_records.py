"""What questions and corrections print as JSON: see `records`."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from samestory.deploy.cli.record_fields import (
    CorrectionId,
    Count,
    EventId,
    Hearsay,
    Language,
    Share,
    StoryId,
    Time,
    Voice,
)


class Report(TypedDict):
    """A report of an event."""

    story_id: StoryId
    url: str | None
    outlet: str
    lang: Language
    hearsay_of: Hearsay
    voice: Voice
    is_copy: Annotated[bool, Meta(description="Most of its words are another's.")]
    stance: Annotated[
        Literal["denies", "withdrawn"] | None,
        Meta(description="What it says of the event; null: it tells it as a fact."),
    ]
    title: str
    published: Time | None
    is_day: Annotated[bool, Meta(description="It states a day alone, no hour.")]
    passes_on: Annotated[
        str | None,
        Meta(description="The outlet or post whose knowledge it is; null: its own."),
    ]


class Confirmed(TypedDict):
    """That a second voice tells an event, and knows it by itself."""

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
        Confirmed | None, Meta(description="null: one source, whoever prints it.")
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
    first_in_language: Annotated[
        bool,
        Meta(description="Then all of its sentences are told, compared with none."),
    ]
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


class Hit(TypedDict):
    """A report near to a question."""

    story_id: StoryId
    event_id: EventId
    probability: Annotated[Share, Meta(description="That both tell one event.")]
    similarity: Annotated[float, Meta(description="Cosine of the vectors.")]
    word_overlap: Annotated[float, Meta(description="TF-IDF cosine of the words.")]
    veto: str | None
    is_named: Annotated[bool, Meta(description="It names all that the question names.")]
    title: str
    outlet: str
    hearsay_of: Hearsay
    url: str | None
    published: Time | None


class Near(Hit):
    """An event near to a question, by its report that is nearest."""

    more: Annotated[Count, Meta(description="How many other reports it has.")]
    hits: Annotated[list[Hit], Meta(description="Those of them that are near, too.")]


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


class Direct(TypedDict):
    """What two reports are to each other that a chain of others joins."""

    probability: Share
    veto: Annotated[str | None, Meta(description="Why they can't be one event.")]


class Explanation(TypedDict):
    """What joins reports, or keeps them apart."""

    stories: list[StoryId]
    event_id: Annotated[str | None, Meta(description="null: two events.")]
    reason: str
    chain: list[Link]
    direct: Direct | None
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
