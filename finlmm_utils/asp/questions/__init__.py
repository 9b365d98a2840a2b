"""Questions from the text of a report, by rules or by a language model, and their checks."""
