"""From a plan to records in the store: session, worker, runner, progress.

Never here: what records mean, which is `harness.compare`, and how an engine works.
"""
