"""Which figure answers a question, and which pairs are kept."""
