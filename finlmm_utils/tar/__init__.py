"""TAR-LMM: from rows to a policy. Knows nothing of PDFs."""
