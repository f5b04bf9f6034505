"""This host: its files, processes, paths and interpreters, and who owns what on it.

Never here: container engines, and what a suite or a record means.
"""
