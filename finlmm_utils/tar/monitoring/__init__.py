"""What is logged of a training run, what is alarming in it, and how it is drawn."""
