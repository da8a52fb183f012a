"""What models and measuring print as JSON: see `records`."""

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from samestory.deploy.cli.record_fields import Count, Share


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


class CalibrationBin(TypedDict):
    """Pairs of about one probability: what was said, and the share that is true."""

    pairs: Count
    probability: Share
    same: Share


class Calibrated(TypedDict):
    """How far probabilities of .05 or more are off, on average."""

    name: Literal["calibration"]
    pairs: Count
    error: Share | None
    bins: list[CalibrationBin]


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
