"""Story vectors in, events out; lookup. Owns the state and the FAISS index."""
