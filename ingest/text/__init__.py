"""Reads bytes, snippets, dates and languages as plain text."""
