"""What the index obeys: the records of topic `journal`, in their one order."""

from samestory.index.messages.correction import TYPE as CORRECTION
from samestory.index.messages.correction import Correction
from samestory.index.messages.forget import TYPE as FORGET
from samestory.index.messages.forget import Forget
from samestory.index.messages.let_pass import TYPE as LET_PASS
from samestory.index.messages.let_pass import LetPass
from samestory.message import decode_object
from samestory.story import FORGOTTEN
from samestory.story_vector import TYPE as STORY_VECTOR
from samestory.story_vector import StoryVector


def decode_journal(value: bytes) -> StoryVector | Correction | Forget | LetPass | None:
    """Parse one record of the journal; None for one whose content was forgotten.

    Raises:
        Quarantine: not a record of a type and version that we know.
    """
    fields = decode_object(value, STORY_VECTOR, CORRECTION, FORGET, LET_PASS, FORGOTTEN)
    if fields["type"] == CORRECTION:
        return Correction.from_json(fields)
    if fields["type"] == FORGET:
        return Forget.from_json(fields)
    if fields["type"] == LET_PASS:
        return LetPass.from_json(fields)
    if fields["type"] == FORGOTTEN:
        return None
    return StoryVector.from_json(fields)
