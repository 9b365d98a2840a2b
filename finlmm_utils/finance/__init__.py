"""One grammar for numbers, units, answers and references: no PDF, no torch."""
