"""Writes the events: puts stories together, moves them, obeys people."""
