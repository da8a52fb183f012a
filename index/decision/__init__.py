"""Decides whether reports are one event: pure functions."""
