"""The libraries that run a model; each heavy one is imported in one file only."""
