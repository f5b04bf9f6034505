"""The only persistence: runs, planned keys and records in SQLite, and their export and import.

Never here: engines, and judging what is stored.
"""
