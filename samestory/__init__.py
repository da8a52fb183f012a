"""Which reports, from which outlets, tell the same event?

Here is what at least two of the stages `ingest`, `embed` and `index` use; they
are siblings, and `deploy` runs them.
"""
