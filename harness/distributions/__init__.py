"""Distributions: the index that lists them, the cache that keeps them, and what resolving needs.

Never here: installing them, and data sets.
"""
