"""All that parses what strangers write, loaded: what a parsing process begins with.

The sandbox names it: a model of languages and a dozen libraries take a second to load.
"""

from samestory.ingest.articles import page
from samestory.ingest.feeds import parse
from samestory.ingest.text.language import identify

__all__ = ["page", "parse"]
identify("The envoys met in the capital and agreed on nothing at all.", None)
