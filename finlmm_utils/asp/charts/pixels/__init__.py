"""What is drawn in a picture of a chart: colours, rules, bars, lines, swatches, as shapes."""
