"""Distributions: where they are listed (index), kept (cache), and how a cell's list is resolved."""
