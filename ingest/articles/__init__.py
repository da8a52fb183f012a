"""Reads article pages: whose report it is, and what it says."""
