"""Searches stories by vector and by rare words; talks to FAISS."""
