"""Rules that read English sentences: values, changes, parts, shapes, causes, claims."""
