"""Parameters of the notebooks: names, types, ranges and profiles."""
