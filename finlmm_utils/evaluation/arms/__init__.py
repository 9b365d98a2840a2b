"""Studies of arms: the same start, rows and seeds, one thing changed, several seeds."""
