"""One rule a file: what a sentence or a table states, and the question that asks for it."""
