"""Which text of a story is embedded.

Two passages: the title alone, and the title with the opening of the text. Measured on
articles of neus_full: average precision of pairs .7225 for the title,
.7435 for title and 128 tokens, .7855 for both together. How many tokens is a setting;
docs/performance.md has the measurement behind its default.
"""

from typing import Final

from samestory.story import Story

TOKENS: Final = 128
CHARS_A_TOKEN: Final = 8  # cut before tokenising: 3.8 times faster on articles


def recipe(tokens: int) -> str:
    """Return the name of what is embedded; part of the space's identity."""
    return f"title|title+lead/{tokens}/1"


def passages(title: str, text: str, tokens: int = TOKENS) -> tuple[str, str]:
    """Return (title, title and lead), neither of them empty.

    A story without a title lends its first line; one without a text repeats its title.
    """
    chars = CHARS_A_TOKEN * tokens
    head = title or text[:chars].split("\n", maxsplit=1)[0][:200]
    lead = f"{head}. {text[:chars]}" if text and title else text or head
    return head, lead[:chars]


def story_passages(story: Story, tokens: int = TOKENS) -> tuple[str, str]:
    """Return the two passages of a story."""
    return passages(story.title, story.text, tokens)
