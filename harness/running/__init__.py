"""Turns selected cells into records in the store: session, runner, worker, resuming, progress.

Never here: what records mean, which is `harness.compare`, and how an engine works.
"""
