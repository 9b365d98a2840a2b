"""Language models behind one interface: client, budget, cache, and what they reply."""
