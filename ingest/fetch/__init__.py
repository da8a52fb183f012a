"""Asks publishers over HTTP, within what they and their operator allow."""
