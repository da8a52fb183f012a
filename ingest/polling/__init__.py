"""Polls the feeds that are due, reads what is new, publishes it."""
