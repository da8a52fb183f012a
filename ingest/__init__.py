"""Feeds and pages in, stories out. Owns the Story message and the frontier."""
