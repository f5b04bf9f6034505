"""From a selection to records in the store: session, runner, worker, what is resumed, progress.

Never here: what records mean, which is `harness.compare`, and how an engine works.
"""
