"""Feeds, pages and servers that are odd or hostile, each with what has to come of it."""
