"""What the index obeys: the records of topic `journal`, in their one order."""

from embed.vector import TYPE as STORY_VECTOR
from embed.vector import StoryVector
from index.correction import TYPE as CORRECTION
from index.correction import Correction
from ingest.story import decode_object


def decode_journal(value: bytes) -> StoryVector | Correction:
    """Parse one record of the journal.

    Raises:
        Quarantine: not a record of a type and version that we know.
    """
    found = decode_object(value, STORY_VECTOR, CORRECTION)
    if found["type"] == CORRECTION:
        return Correction.from_json(found)
    return StoryVector.from_json(found)
