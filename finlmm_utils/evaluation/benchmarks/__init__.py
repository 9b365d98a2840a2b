"""Data sets that others made: their rows, their own rules, and whether training has seen them."""
