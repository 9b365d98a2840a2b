"""What a question asks of a chart, and whether what the chart shows bears out the answer."""
