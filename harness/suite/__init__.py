"""Turn a matrix.yaml into cells, bases and rules, or into all its problems with line and column.

Never here: an engine, the store, or reading any file but the matrix itself.
"""
