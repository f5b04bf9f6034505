"""A matrix.yaml becomes cells, bases and rules, or every problem in it with file, line and column.

Never here: an engine, the store, or reading any file but the matrix itself.
"""
