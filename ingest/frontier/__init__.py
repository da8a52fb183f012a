"""Remembers what is to be fetched and what is known, in SQLite."""
