"""Fields that records share: see `records`."""

from typing import Annotated

from msgspec import Meta

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
