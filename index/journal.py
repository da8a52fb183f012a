"""What the index obeys: the records of topic `journal`, in their one order."""

from typing import Final

from embed.vector import TYPE as STORY_VECTOR
from embed.vector import StoryVector
from ingest.story import decode_object

TYPES: Final = (STORY_VECTOR,)  # same, different, undo and forget come with corrections


def decode_journal(value: bytes) -> StoryVector:
    """Parse one record of the journal.

    Raises:
        Quarantine: not a record of a type and version that we know.
    """
    return StoryVector.from_json(decode_object(value, *TYPES))
