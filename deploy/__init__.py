"""Running processes: the log, the workers, the command line, and what is deployed."""
