"""Parts of the page for reviewers: its data, what it took, its committed studies."""
