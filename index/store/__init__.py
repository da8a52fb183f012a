"""Keeps the state in SQLite: what is read of it, what is written."""
