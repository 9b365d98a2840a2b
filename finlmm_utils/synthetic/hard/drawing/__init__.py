"""The drawing of hard reports: marks, house styles, charts, their layouts, and what is no chart."""
