"""Scores of policies with their uncertainty, and the claims that they decide."""
