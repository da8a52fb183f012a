"""The log that connects the workers: one seam, `log`, and its implementations."""
