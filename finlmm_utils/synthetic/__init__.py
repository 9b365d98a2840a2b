"""The made world: series, charts and reports drawn from a seed, with their gold."""
