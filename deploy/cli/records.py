"""What `--json` prints, as types: `samestory schema` publishes them as JSON Schema.

A command prints one object a line, of one of its kinds. A later version may add fields;
those that are here stay, and mean the same.
"""

from typing import Any, Final

from msgspec.json import schema_components

from samestory.deploy.cli.answer_records import (
    Comparison,
    Correction,
    Event,
    Explanation,
    JudgedPair,
    Near,
    Revision,
    Story,
    WholeEvent,
)
from samestory.deploy.cli.measure_records import (
    Calibrated,
    CheckedEngine,
    Copies,
    Engine,
    Grouping,
    Kinds,
    Languages,
    Lookups,
    Model,
    Pairs,
    Sources,
)
from samestory.deploy.cli.upkeep_records import (
    AddedFeeds,
    Case,
    Change,
    Checked,
    CheckedFeed,
    Digest,
    Dropped,
    Expiry,
    Feed,
    Forgotten,
    Imported,
    RemovedFeeds,
    Restored,
    Retried,
    Snapshot,
    Status,
    Topic,
    WholeCase,
)

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
    "eval": (Grouping, Languages, Lookups, Calibrated, Pairs, Copies, Kinds, Sources),
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
