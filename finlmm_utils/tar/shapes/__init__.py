"""Sizes of policies: the profiles' own ship as JSON, as their config.json on the hub has them."""
