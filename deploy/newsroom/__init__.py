"""The sample newsroom: invented outlets that serve feeds and pages on loopback.

Demo, test data and regression set in one. The reports are in `stories/*.md`, grouped by
the event they tell: that grouping is the gold.
"""
