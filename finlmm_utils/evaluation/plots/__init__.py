"""How each figure is drawn from its table: in a notebook, and again from its CSV."""
