"""What tells the scale of a chart: which numbers are an axis, and which axis a series has."""
