"""One file per shape, forward only."""
