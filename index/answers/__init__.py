"""Answers questions from the state: what is near, what is one, why."""
