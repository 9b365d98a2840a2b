"""Figures of a page: candidates, regions, labels, and which regions are charts."""

from finlmm_utils.asp.figures.detect import find_regions as find_regions
