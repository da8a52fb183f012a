"""The records that the index obeys, and what those of people ask for."""
