"""Parses feeds, sitemaps and lists of feeds."""
