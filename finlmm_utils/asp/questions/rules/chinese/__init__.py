"""What rules read out of Chinese sentences and series, and what is asked about it."""
