"""Feeds and pages in, stories out. Owns the frontier."""
