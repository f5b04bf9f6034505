"""Formats of the page of a check: one module for each, that offers `render(page, ...) -> str`."""
