"""Which passages two reports share, of what kind, and whose they are. Pure."""
