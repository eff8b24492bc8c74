"""Plain arrays to something to look at: the terminal, a figure, a page."""
