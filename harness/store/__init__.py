"""Persistence: runs, planned keys and records in SQLite, with their export, import and history.

No other room writes them to disk. Never here: engines, and judging what is stored.
"""
