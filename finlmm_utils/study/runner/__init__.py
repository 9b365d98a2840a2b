"""Executes notebooks headlessly and keeps their manifests."""
