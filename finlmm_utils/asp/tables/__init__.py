"""Tables of a page: where they are, their shading and their rows."""
