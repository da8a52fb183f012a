"""Stories in, unit vectors out. Owns the StoryVector message, the embedding space."""
