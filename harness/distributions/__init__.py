"""Distributions: where they are listed (index), kept (cache), and how they are resolved.

Never here: installing them, and data sets.
"""
