"""Measures extraction and alignment against made or labelled reports."""
