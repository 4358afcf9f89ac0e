"""Title years: what a town was to the programme in which year, and which of it is said."""
