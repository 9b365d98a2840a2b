"""What a chart shows: its values, read off marks or pixels."""
