"""What is drawn in a chart and written on it, before anybody knows what it is worth."""
