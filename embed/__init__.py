"""Stories in, unit vectors out. Owns the embedding space."""
