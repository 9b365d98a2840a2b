"""Other fields' words in the place of finance's: a file a field, and what reads it."""
