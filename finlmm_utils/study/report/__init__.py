"""The pages that a reviewer reads: one run, or two compared."""
