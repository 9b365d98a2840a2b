"""Text of a report in blocks, without what repeats on each page."""
